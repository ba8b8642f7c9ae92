import * as k8s from "@pulumi/kubernetes";
import type { MockCallArgs } from "@pulumi/pulumi/runtime/mocks.js";
import { type CollectOptions, collect } from "../../micromesh/resources/collect.ts";
import type { DeclaredResource } from "../../micromesh/resources/declared.ts";

export interface Collected {
  /** All but the stack itself. */
  resources: DeclaredResource[];
  /** @throws where there is no such resource, or more than one */
  the(name: string): DeclaredResource;
  /** Name of the resource that has the URN; providers' `urn::id` too. */
  nameOf(urn: string | undefined): string | undefined;
  outputs: Record<string, unknown>;
  secretOutputs: string[];
  warnings: string[];
}

/** What a piece of program declares, with an answer for the commands that it runs. */
export async function collected(
  program: (
    provider: () => k8s.Provider,
  ) => Record<string, unknown> | undefined | Promise<Record<string, unknown> | undefined>,
  call?: (args: MockCallArgs) => Record<string, unknown>,
  { stack = "dev", outputs }: Partial<Pick<CollectOptions, "stack" | "outputs">> = {},
): Promise<Collected> {
  const declaration = await collect(
    async () => program(() => new k8s.Provider("provider", { kubeconfig: "k" })),
    {
      project: "micromesh",
      stack,
      config: {},
      call: call ?? (({ inputs }) => ({ ...inputs, stdout: "", stderr: "" })),
      outputs:
        outputs ??
        (({ type }) => (type === "command:local:Command" ? { stdout: "{}", stderr: "" } : {})),
    },
  );
  const resources = declaration.resources.filter(({ type }) => type !== "pulumi:pulumi:Stack");
  return {
    ...declaration,
    resources,
    the(name) {
      const found = resources.filter((resource) => resource.name === name);
      if (found.length === 1) return found[0] as DeclaredResource;
      throw new Error(
        `${found.length} resources are called ${name}; there are ${resources.map((r) => r.name)}`,
      );
    },
    nameOf: (urn) => resources.find((r) => urn === r.urn || urn?.startsWith(`${r.urn}::`))?.name,
  };
}
