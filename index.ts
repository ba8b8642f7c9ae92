import * as pulumi from "@pulumi/pulumi";
import { labs as registry } from "./labs/index.ts";
import type { DeployedLab } from "./labs/lab.ts";
import { buildPlatform } from "./stacks/build-platform.ts";
import { measureCapacity } from "./stacks/capacity.ts";
import { loadConfig } from "./stacks/config.ts";
import { predictConnectivity } from "./stacks/connectivity.ts";
import type { Endpoint, LabInput } from "./stacks/outputs.ts";
import { protectData } from "./stacks/protect-data.ts";
import { checkSize } from "./stacks/size.ts";
import { image } from "./stacks/versions.ts";

const config = loadConfig(registry);
const connectivityOfAll = predictConnectivity();
const capacityOfAll = measureCapacity();
if ("protect" in config.cluster && config.cluster.protect) protectData();
const platform = await buildPlatform(config);
const images = {
  node: image("node", config.mirror),
  httpd: image("httpd", config.mirror),
  redis: image("redis", config.mirror),
  postgres: image("postgres", config.mirror),
};

const deployed: Record<string, DeployedLab> = {};
for (const [name, { scenario, settings }] of Object.entries(config.labs)) {
  const lab = registry[name];
  if (lab) deployed[name] = lab.deploy(platform, { scenario, images, own: settings });
}
await checkSize(platform.size, capacityOfAll);

// The stack's outputs: `stacks/outputs.ts` says what they mean.
export const cluster = { kind: platform.cluster.kind, name: platform.cluster.name };
export const kubeconfig = pulumi.secret(platform.cluster.kubeconfig);
export const endpoints: Record<string, pulumi.Input<Endpoint>> = Object.assign(
  {},
  ...Object.values(deployed).map((lab) => lab.endpoints),
);
export const labs: Record<string, LabInput> = Object.fromEntries(
  Object.entries(deployed).map(([name, { lab }]) => [name, lab]),
);
export const connectivity = connectivityOfAll();
