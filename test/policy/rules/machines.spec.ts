/** The rules on machines: encrypted-disks, imdsv2, protected-data. */
import assert from "node:assert/strict";
import { UNKNOWN } from "../../../policy/plain.ts";
import type { SeenResource } from "../../../policy/rule.ts";
import { encryptedDisks } from "../../../policy/rules/encrypted-disks.ts";
import { imdsv2 } from "../../../policy/rules/imdsv2.ts";
import { protectedData } from "../../../policy/rules/protected-data.ts";
import { found, object, seen } from "../seen.ts";

const INSTANCE = "aws:ec2/instance:Instance";
const TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate";
const VOLUME = "aws:ebs/volume:Volume";

describe("encrypted-disks", () => {
  const places = (type: string, inputs: Record<string, unknown>) =>
    found(encryptedDisks, [seen(type, inputs)]).map((line) => line.split(" ")[1]);

  it("finds every disk that isn't encrypted for certain", () => {
    assert.deepEqual(places(VOLUME, {}), ["encrypted"]);
    assert.deepEqual(places(VOLUME, { encrypted: false }), ["encrypted"]);
    for (const type of [INSTANCE, "aws:ec2/spotInstanceRequest:SpotInstanceRequest"]) {
      assert.deepEqual(places(type, {}), ["rootBlockDevice.encrypted"]);
    }
    const rootBlockDevice = { encrypted: true };
    const ebsBlockDevices = [{ encrypted: true }, { deviceName: "/dev/sdf" }];
    assert.deepEqual(places(INSTANCE, { rootBlockDevice, ebsBlockDevices }), [
      "ebsBlockDevices[1].encrypted",
    ]);
    assert.deepEqual(places(INSTANCE, { launchTemplate: {}, rootBlockDevice: {} }), [
      "rootBlockDevice.encrypted",
    ]);
    const mapping = (ebs: object) => ({ blockDeviceMappings: [{ ebs }] });
    for (const inputs of [{}, mapping({}), mapping({ encrypted: "false" })]) {
      assert.deepEqual(places(TEMPLATE, inputs), ["blockDeviceMappings[0].ebs.encrypted"]);
    }
  });

  it("lets by disks that are, and disks that are no EBS", () => {
    assert.deepEqual(places(VOLUME, { encrypted: true }), []);
    assert.deepEqual(places(INSTANCE, { rootBlockDevice: { encrypted: true } }), []);
    assert.deepEqual(places(INSTANCE, { launchTemplate: { id: "lt-1" } }), []);
    const blockDeviceMappings = [
      { ebs: { encrypted: "true" } },
      { virtualName: "ephemeral0" },
      { noDevice: "true" },
    ];
    assert.deepEqual(places(TEMPLATE, { blockDeviceMappings }), []);
    assert.deepEqual(places(VOLUME, { encrypted: UNKNOWN }), []);
    assert.deepEqual(places("aws:ec2/eip:Eip", {}), []);
  });

  it("says nothing of disks that aren't known yet, be it one of them or all", () => {
    assert.deepEqual(places(INSTANCE, { rootBlockDevice: UNKNOWN, ebsBlockDevices: UNKNOWN }), []);
    const rootBlockDevice = { encrypted: true };
    assert.deepEqual(places(INSTANCE, { rootBlockDevice, ebsBlockDevices: [UNKNOWN] }), []);
    assert.deepEqual(places(TEMPLATE, { blockDeviceMappings: UNKNOWN }), []);
    assert.deepEqual(places(TEMPLATE, { blockDeviceMappings: [UNKNOWN, { ebs: UNKNOWN }] }), []);
  });
});

describe("imdsv2", () => {
  const check = (type: string, inputs: Record<string, unknown>) =>
    found(imdsv2, [seen(type, inputs)]);

  it("finds machines that answer without a token", () => {
    const wrong = (shown: string) => [
      `it: metadataOptions.httpTokens is ${shown}, so IMDSv1 answers too; set it to required`,
    ];
    assert.deepEqual(check(INSTANCE, {}), wrong("not set"));
    assert.deepEqual(check(TEMPLATE, { metadataOptions: {} }), wrong("not set"));
    const optional = { metadataOptions: { httpTokens: "optional" } };
    assert.deepEqual(check(INSTANCE, optional), wrong('"optional"'));
    assert.deepEqual(check(INSTANCE, { launchTemplate: {}, ...optional }), wrong('"optional"'));
  });

  it("lets by machines that ask for one, that tell nothing, or whose template says it", () => {
    assert.deepEqual(check(INSTANCE, { metadataOptions: { httpTokens: "required" } }), []);
    assert.deepEqual(check(TEMPLATE, { metadataOptions: { httpEndpoint: "disabled" } }), []);
    assert.deepEqual(check(INSTANCE, { launchTemplate: { id: "lt-1" } }), []);
    assert.deepEqual(check(INSTANCE, { metadataOptions: { httpTokens: UNKNOWN } }), []);
    assert.deepEqual(check(INSTANCE, { metadataOptions: UNKNOWN }), []);
    assert.deepEqual(check(VOLUME, {}), []);
  });
});

describe("protected-data", () => {
  const inStack = (stack: string, resource: SeenResource): SeenResource => ({
    ...resource,
    urn: resource.urn.replace(":dev::", `:${stack}::`),
  });
  const claim = object("v1", "PersistentVolumeClaim", "shop/store");
  const data = [
    seen(INSTANCE, {}, { name: "server" }),
    seen(VOLUME, {}, { name: "data" }),
    claim,
    object("v1", "PersistentVolume", "disk"),
  ];
  const titles = [
    "Instance server",
    "Volume data",
    "PersistentVolumeClaim PersistentVolumeClaim-store",
    "PersistentVolume PersistentVolume-disk",
  ];

  it("finds what holds data in prod, and in the stacks that are said to be production", () => {
    const all = data.map((resource) => inStack("prod", resource));
    assert.deepEqual(
      found(protectedData, all).map((line) => line.split(/: | holds/)[1]),
      titles,
    );
    assert.equal(found(protectedData, [inStack("live", claim)], { stacks: ["live"] }).length, 1);
    assert.equal(found(protectedData, all, { stacks: ["live"] }).length, 0);
  });

  it("lets by what is protected, what may be lost, other resources and other stacks", () => {
    assert.deepEqual(found(protectedData, data), []);
    const options = { ...claim.options, protect: true };
    assert.deepEqual(found(protectedData, [inStack("prod", { ...claim, options })]), []);
    const disposable = { [titles[2] as string]: "made by playing" };
    assert.deepEqual(found(protectedData, [inStack("prod", claim)], { disposable }), []);
    const service = object("v1", "Service", "shop/gateway");
    assert.deepEqual(found(protectedData, [inStack("prod", service)]), []);
  });
});
