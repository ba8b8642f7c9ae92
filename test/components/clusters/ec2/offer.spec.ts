import assert from "node:assert/strict";
import type { Ec2HostsArgs } from "../../../../components/clusters/ec2/args.ts";
import { Ec2Hosts } from "../../../../components/clusters/ec2/ec2-hosts.ts";
import { offerOf } from "../../../../components/clusters/ec2/offer.ts";
import { collected } from "../../../stacks/collected.ts";
import { answers, aws, args as given, outputs } from "./world.ts";

const FREE = ["t4g.small", "m7i-flex.large"];

/** A product of the price list, at so much by a unit. */
const priced = (unit: string, USD: string) => ({
  result: JSON.stringify({
    terms: {
      OnDemand: { a: { priceDimensions: { b: { unit, beginRange: "0", pricePerUnit: { USD } } } } },
    },
  }),
});

async function offered(change: Partial<Ec2HostsArgs> = {}, mayAsk = true) {
  const args = { ...given, ...change };
  const asked: Record<string, unknown>[] = [];
  const answer = answers(aws);
  const declared = await collected(
    () => {
      const hosts = new Ec2Hosts("hosts", args);
      return { ...offerOf(hosts, args) };
    },
    (call) => {
      if (call.token === "aws:ec2/getInstanceTypes:getInstanceTypes") {
        return { instanceTypes: FREE };
      }
      if (call.token !== "aws:pricing/getProduct:getProduct") return answer(call);
      // As gRPC's errors have their text.
      if (!mayAsk) throw Object.assign(new Error(), { details: "AccessDeniedException: no" });
      const filters = call.inputs.filters as { field: string; value: string }[];
      const by = Object.fromEntries(filters.map(({ field, value }) => [field, value]));
      asked.push({ ...by, provider: call.provider });
      return by.productFamily === "Storage" ? priced("GB-Mo", "0.1") : priced("Hrs", "0.05");
    },
    { outputs },
  );
  return { ...declared, asked };
}

describe("what AWS offers for a stack's machines", () => {
  it("is the type that was chosen, and those of the region's free tier by name", async () => {
    const { outputs } = await offered();
    assert.equal(outputs.region, "eu-central-1");
    const { name, memoryMiB, vcpus } = outputs.chosen as Record<string, unknown>;
    assert.deepEqual([name, memoryMiB, vcpus], ["m7i-flex.large", 8192, 2]);
    const names = (outputs.freeTier as { name: string }[]).map((type) => type.name);
    assert.deepEqual(names, ["m7i-flex.large", "t4g.small"]);
  });

  it("costs what all machines, their disks and their addresses cost", async () => {
    const one = await offered({ volumeGiB: 20 });
    assert.equal(
      one.outputs.cost,
      "A month costs about 42.15 USD outside of the free tier, without traffic: " +
        "m7i-flex.large 36.50, 20 GiB of gp3 2.00, 1 public IPv4 address 3.65.",
    );
    const several = await offered({ servers: 3, agents: 1, volumeGiB: 20 });
    assert.equal(
      several.outputs.cost,
      "A month costs about 168.60 USD outside of the free tier, without traffic: " +
        "4 × m7i-flex.large 146.00, 4 × 20 GiB of gp3 8.00, 4 public IPv4 addresses 14.60.",
    );
  });

  it("is asked for prices of the machines' region, in one that answers", async () => {
    const { asked, the, nameOf } = await offered({ region: "eu-north-1" });
    assert.deepEqual(the("hosts-prices").inputs.region, "eu-central-1");
    assert.equal(nameOf(the("hosts-prices").parent), "hosts");
    assert.equal(asked.length, 2);
    for (const { regionCode, provider } of asked) {
      assert.equal(regionCode, "eu-north-1");
      assert.equal(nameOf(provider as string), "hosts-prices");
    }
    assert.ok(asked.some(({ instanceType }) => instanceType === "m7i-flex.large"));
    assert.ok(asked.some(({ volumeApiName }) => volumeApiName === "gp3"));
  });

  it("says why where prices can't be asked for, and fails nothing", async () => {
    const { outputs } = await offered({}, false);
    assert.equal(
      outputs.cost,
      "What a month costs outside of the free tier isn't known, but for 1 public IPv4 address at 3.65 USD: " +
        "AWS wasn't to be asked for prices (pricing:GetProducts): AccessDeniedException: no",
    );
  });
});
