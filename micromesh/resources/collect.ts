import * as pulumi from "@pulumi/pulumi";
import engine from "@pulumi/pulumi/proto/engine_pb.js";
import type {
  RegisterResourceOutputsRequest,
  RegisterResourceRequest,
} from "@pulumi/pulumi/proto/resource_pb.js";
import { MockMonitor, setMocks } from "@pulumi/pulumi/runtime/mocks.js";
import * as settings from "@pulumi/pulumi/runtime/settings.js";
import { rootPulumiStackTypeName, runInPulumiStack } from "@pulumi/pulumi/runtime/stack.js";
import * as state from "@pulumi/pulumi/runtime/state.js";
import type { Declaration, DeclaredResource } from "./declared.ts";
import { reveal } from "./secrets.ts";

export interface CollectOptions {
  project: string;
  stack: string;
  /** Raw stack configuration with full keys, e.g. `micromesh:cni`; objects are serialized to JSON. */
  config: Record<string, unknown>;
  /** Keys of `config` whose values Pulumi would hold as secrets, wholly or in part; default: none. */
  secretKeys?: string[];
  /** The program is told that nothing will be done; default: that all will. */
  preview?: boolean;
  /** Answers the program's invokes; the default answers with the invoke's own inputs. */
  call?: (args: pulumi.runtime.MockCallArgs) => Record<string, unknown>;
  /** Outputs that a provider would add to a resource's inputs, e.g. a command's stdout. */
  outputs?: (args: pulumi.runtime.MockResourceArgs) => Record<string, unknown>;
}

/** Parts of the SDK's runtime that its type declarations leave out; the automation API uses them so. */
const internals = {
  withLocalStorage: (state as unknown as { withLocalStorage<T>(run: () => T): T }).withLocalStorage,
  getStore: (state as unknown as { getStore(): { settings: { engine: unknown } } }).getStore,
  waitForRPCs: (settings as unknown as { waitForRPCs(): Promise<void> }).waitForRPCs,
};

/**
 * Runs a Pulumi program without an engine and returns everything that it declared.
 *
 * Plain mocks see type, name and inputs only. The request that the SDK sends to the engine holds the
 * rest (parent, dependencies, options), so the collector listens there, and it runs the program
 * inside a stack resource, as the engine does.
 *
 * @param program the program's entry; what it returns are the stack's outputs
 * @throws what the program throws, at once or in a promise that nobody awaits
 */
export function collect(
  program: () => Promise<Record<string, unknown> | undefined>,
  options: CollectOptions,
): Promise<Declaration> {
  return internals.withLocalStorage(() => collectHere(program, options));
}

async function collectHere(
  program: () => Promise<Record<string, unknown> | undefined>,
  options: CollectOptions,
): Promise<Declaration> {
  const mocks: pulumi.runtime.Mocks = {
    newResource: (args) => ({
      id: args.custom ? `${args.name}-id` : undefined,
      state: { ...args.inputs, ...options.outputs?.(args) },
    }),
    call: (args) => options.call?.(args) ?? args.inputs,
  };
  const monitor = new ListeningMonitor(mocks);
  const warnings: string[] = [];
  // setMocks also switches the SDK's feature flags; the monitor that listens then replaces its own.
  await setMocks(mocks, options.project, options.stack, options.preview);
  settings.setMockOptions(monitor, options.project, options.stack, options.preview);
  internals.getStore().settings.engine = new ListeningEngine(warnings);
  pulumi.runtime.setAllConfig(
    Object.fromEntries(
      Object.entries(options.config).map(([key, value]) => [
        key,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
    options.secretKeys,
  );

  const rejections: unknown[] = [];
  let onRejection: (reason: unknown) => void = () => {};
  // What waits for a resource that couldn't be registered would wait for ever.
  const rejected = new Promise<void>((resolve) => {
    onRejection = (reason) => {
      rejections.push(reason);
      resolve();
    };
  });
  process.on("unhandledRejection", onRejection);
  try {
    await Promise.race([runInPulumiStack(program).then(internals.waitForRPCs), rejected]);
  } finally {
    // Rejections that nobody awaits surface one turn of the event loop after their cause.
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", onRejection);
  }
  if (rejections.length > 0) throw rejections[0];
  const { value, secrets } = reveal(monitor.outputs);
  return {
    stack: options.stack,
    resources: monitor.resourcesSeen,
    outputs: value as Record<string, unknown>,
    secretOutputs: [...new Set(secrets.map((path) => path.split(".")[0] ?? path))],
    warnings,
  };
}

/** Keeps the whole of each registration; answers as Pulumi's own mock monitor does. */
class ListeningMonitor extends MockMonitor {
  readonly resourcesSeen: DeclaredResource[] = [];
  /** The stack's outputs, in wire form. */
  outputs: unknown = {};

  override async registerResource(
    req: RegisterResourceRequest,
    callback: (err: Error | null, response: { getUrn(): string }) => void,
  ): Promise<void> {
    await super.registerResource(req, (err: Error | null, response: { getUrn(): string }) => {
      if (!err) this.resourcesSeen.push(declared(req, response.getUrn()));
      callback(err, response);
    });
  }

  override registerResourceOutputs(
    req: RegisterResourceOutputsRequest,
    callback: (err: Error | null, response: object) => void,
  ): void {
    if (req.getUrn().split("::")[2] === rootPulumiStackTypeName) {
      this.outputs = req.getOutputs()?.toJavaScript() ?? {};
    }
    super.registerResourceOutputs(req, callback);
  }
}

/** The engine's side of the program's log. */
class ListeningEngine {
  private readonly warnings: string[];

  constructor(warnings: string[]) {
    this.warnings = warnings;
  }

  log(
    request: { getSeverity(): number; getMessage(): string },
    done: (err: Error | null, response: object) => void,
  ): void {
    if (request.getSeverity() >= engine.LogSeverity.WARNING)
      this.warnings.push(request.getMessage());
    done(null, {});
  }

  setRootResource(_: unknown, done: (err: Error | null, response: object) => void): void {
    done(null, {});
  }
}

function declared(req: RegisterResourceRequest, urn: string): DeclaredResource {
  const { value, secrets } = reveal(req.getObject()?.toJavaScript() ?? {});
  return {
    urn,
    type: req.getType(),
    name: req.getName(),
    custom: req.getCustom(),
    parent: req.getParent() || undefined,
    dependencies: req.getDependenciesList().sort(),
    provider: req.getProvider() || undefined,
    inputs: value as Record<string, unknown>,
    secrets,
    options: {
      deleteBeforeReplace: req.getDeletebeforereplace(),
      protect: req.getProtect() ?? false,
      retainOnDelete: req.getRetainondelete() ?? false,
      deletedWith: req.getDeletedwith() || undefined,
      ignoreChanges: req.getIgnorechangesList(),
      replaceOnChanges: req.getReplaceonchangesList(),
      additionalSecretOutputs: req.getAdditionalsecretoutputsList(),
      aliases: req
        .getAliasesList()
        .map((alias) => alias.getUrn() || alias.getSpec()?.getName() || ""),
    },
  };
}
