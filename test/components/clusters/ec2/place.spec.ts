import assert from "node:assert/strict";
import fc from "fast-check";
import {
  checkNetworks,
  chooseSubnet,
  offeringZones,
  type Subnet,
} from "../../../../components/clusters/ec2/place.ts";
import { seed } from "./world.ts";

const wanted = { region: "eu-south-2", instanceType: "t3.small" };
const subnet = (id: string, zone: string): Subnet => ({ id, zone, vpcId: "vpc-1" });
const set = (setting: string) => `run "pulumi config set --path micromesh:cluster.${setting}"`;

describe(`EC2 machines' place (MICROMESH_SEED=${seed})`, () => {
  it("is in the first zone that offers the type and has a subnet", () => {
    const found = [subnet("d", "z3"), subnet("c", "z2"), subnet("b", "z2"), subnet("a", "z1")];
    assert.deepEqual(chooseSubnet(wanted, ["z2", "z3"], found), subnet("b", "z2"));
    assert.deepEqual(offeringZones(wanted, ["z3", "z2"]), ["z2", "z3"]);
  });

  it("doesn't depend on the order of AWS' answers", () => {
    const found = ["a", "b", "c", "d", "e"].map((id, i) => subnet(id, `z${(7 * i) % 3}`));
    const orders = fc.tuple(
      fc.shuffledSubarray(found, { minLength: 5 }),
      fc.shuffledSubarray(["z1", "z2"], { minLength: 2 }),
    );
    fc.assert(
      fc.property(orders, ([subnets, zones]) => {
        assert.equal(chooseSubnet(wanted, offeringZones(wanted, zones), subnets).id, "b");
      }),
      { seed },
    );
  });

  it("is said not to be, where no zone offers the type", () => {
    assert.throws(() => offeringZones(wanted, []), {
      message:
        `micromesh:cluster.instanceType is t3.small, which no zone of eu-south-2 offers: ${set("instanceType TYPE")} ` +
        'with one of those that "aws ec2 describe-instance-type-offerings --region eu-south-2" lists',
    });
  });

  it("is said not to be, where there is no subnet for it", () => {
    assert.throws(() => chooseSubnet(wanted, ["z1"], []), {
      message:
        "micromesh:cluster.subnetId is missing, and eu-south-2 has no default VPC with a subnet to take " +
        `instead: ${set("subnetId SUBNET")}, or make one by "aws ec2 create-default-vpc --region eu-south-2"`,
    });
    assert.throws(() => chooseSubnet(wanted, ["z1", "z2"], [subnet("a", "z3")]), {
      message:
        "micromesh:cluster.subnetId is missing, and the default VPC has no subnet in a zone that offers " +
        `t3.small (z1, z2): ${set("subnetId SUBNET")}, or make one by "aws ec2 create-default-subnet ` +
        '--region eu-south-2 --availability-zone z1"',
    });
  });

  it("is said to be wrong, where the subnet given can't be it", () => {
    const given = { ...wanted, subnetId: "s" };
    assert.deepEqual(chooseSubnet(given, ["z1"], [subnet("s", "z1")]), subnet("s", "z1"));
    assert.throws(() => chooseSubnet(given, ["z1"], []), {
      message: `micromesh:cluster.subnetId is s, which isn't in eu-south-2: ${set("subnetId SUBNET")} or ${set("region REGION")}`,
    });
    assert.throws(() => chooseSubnet(given, ["z1", "z2"], [subnet("s", "z3")]), {
      message:
        "micromesh:cluster.subnetId is s in z3, which doesn't offer t3.small; z1, z2 do: " +
        `${set("subnetId SUBNET")} or ${set("instanceType TYPE")}`,
    });
  });

  describe("networks", () => {
    const own = { podCidr: "10.42.0.0/16", serviceCidr: "10.43.0.0/16" };

    it("may stand beside the VPC's", () => {
      checkNetworks(own, { id: "vpc-1", networks: ["172.31.0.0/16", "10.44.0.0/16"] });
    });

    it("may not overlap any of them, and free ones are named", () => {
      assert.throws(
        () => checkNetworks(own, { id: "v", networks: ["10.0.0.0/16", "10.43.7.0/24"] }),
        {
          message: `micromesh:cluster.serviceCidr is 10.43.0.0/16, which overlaps 10.43.7.0/24 of the VPC v: ${set("serviceCidr 10.44.0.0/16")}`,
        },
      );
      assert.throws(() => checkNetworks(own, { id: "v", networks: ["10.40.0.0/14"] }), {
        message:
          `micromesh:cluster.podCidr is 10.42.0.0/16, which overlaps 10.40.0.0/14 of the VPC v: ${set("podCidr 10.44.0.0/16")}\n` +
          `micromesh:cluster.serviceCidr is 10.43.0.0/16, which overlaps 10.40.0.0/14 of the VPC v: ${set("serviceCidr 10.45.0.0/16")}`,
      });
    });
  });
});
