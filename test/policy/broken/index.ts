/** A program that breaks every rule; components stand for the resources, so that no provider is needed. */
import * as pulumi from "@pulumi/pulumi";
import { broken } from "./resources.ts";

for (const { rule, type, inputs } of broken) {
  new pulumi.ComponentResource(type, `breaks-${rule}`, inputs);
}
// What would be found if it weren't secret.
new pulumi.ComponentResource("command:local:Command", "breaks-nothing", {
  create: "true",
  environment: { K3S_TOKEN: pulumi.secret("correct-horse-battery-staple") },
});
// Where nothing of it is known yet, there's nothing to find.
const unknown = pulumi.output(pulumi.unknown as unknown as string);
new pulumi.ComponentResource(
  "aws:ec2/instance:Instance",
  "knows-nothing",
  {
    rootBlockDevice: { encrypted: unknown },
    metadataOptions: { httpTokens: unknown },
    userData: unknown,
  },
  { protect: true },
);
