import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import engine from "@pulumi/pulumi/proto/engine_pb.js";
import * as state from "@pulumi/pulumi/runtime/state.js";
import type { Ec2HostsArgs } from "../../../../components/clusters/ec2/args.ts";
import { Ec2Hosts } from "../../../../components/clusters/ec2/ec2-hosts.ts";
import { findPlace } from "../../../../components/clusters/ec2/lookups.ts";
import { type Aws, answers, args, aws, outputs } from "./world.ts";

const { withLocalStorage } = state as unknown as {
  withLocalStorage<T>(run: () => Promise<T>): Promise<T>;
};

const promised = <T>(output: pulumi.Output<T>) =>
  (output as unknown as { promise(): Promise<T> }).promise();

/** Names of the resources that outputs wait for. */
export function dependenciesOf(change: Partial<Ec2HostsArgs>) {
  return withLocalStorage(async () => {
    await mocked({ dryRun: false, has: aws });
    const hosts = new Ec2Hosts("cluster", { ...args, ...change });
    const names = async (input: pulumi.Input<string> | undefined) => {
      const output = input as pulumi.Output<string> & {
        allResources(): Promise<Set<pulumi.Resource>>;
      };
      await promised(output);
      const urns = [...(await output.allResources())].map(({ urn }) => promised(urn));
      return (await Promise.all(urns)).map((urn) => urn.split("::").at(-1)).sort();
    };
    const [server, agent] = [hosts.servers[0]?.connection, hosts.agents[0]?.connection];
    assert.ok(server?.via === "ssh" && agent?.via === "ssh");
    return {
      publicAddress: await names(hosts.publicAddress),
      server: await names(server.host),
      agent: await names(agent.jump?.host),
    };
  });
}

/** Asks AWS as an update does. */
export function findingPlace(
  change: Partial<Ec2HostsArgs>,
  has: Aws,
  refuse: (problem: string) => never,
) {
  return withLocalStorage(async () => {
    await mocked({ dryRun: false, has });
    const { type, subnet } = findPlace({ ...args, ...change }, refuse, {});
    return promised(pulumi.all([type, subnet]));
  });
}

/** Runs the component as `pulumi preview` would before anything is made. */
export function preview(change: Partial<Ec2HostsArgs>, has = aws) {
  return withLocalStorage(async () => {
    const world = await mocked({ dryRun: true, has });
    const hosts = new Ec2Hosts("cluster", { ...args, ...change });
    const isKnown = (output: pulumi.Input<unknown> | undefined) =>
      (output as unknown as { isKnown: Promise<boolean> }).isKnown;
    const [first] = hosts.servers;
    const known = {
      publicAddress: await isKnown(hosts.publicAddress),
      identity: await isKnown(first?.identity),
      host:
        first?.connection.via === "ssh"
          ? await isKnown(first.connection.host)
          : await isKnown(first?.connection.instanceId),
      type: await isKnown(hosts.instanceType),
    };
    await Promise.all([...hosts.servers, ...hosts.agents].map(({ address }) => isKnown(address)));
    return { ...world, known };
  });
}

/**
 * Pulumi's own mocks; in a preview nothing has an id, nor outputs of AWS' making.
 * @returns lists that fill: types of resources, tokens of calls, errors that were logged
 */
async function mocked({ dryRun, has }: { dryRun: boolean; has: Aws }) {
  const world = { resources: [] as string[], calls: [] as string[], errors: [] as string[] };
  const answer = answers(has);
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, inputs, name, custom }) => {
        world.resources.push(type);
        const exists = !dryRun || type.startsWith("pulumi:providers:");
        return {
          id: custom ? (exists ? `${name}-id` : "") : undefined,
          state: { ...inputs, ...(dryRun ? {} : outputs({ type, name, inputs })) },
        };
      },
      call: (call) => {
        world.calls.push(call.token);
        return answer(call);
      },
    },
    "micromesh",
    "prod",
    dryRun,
  );
  const { settings } = (state as unknown as { getStore(): { settings: object } }).getStore();
  Object.assign(settings, {
    engine: {
      log: (
        request: { getSeverity(): number; getMessage(): string },
        done: (error: null, response: object) => void,
      ) => {
        if (request.getSeverity() === engine.LogSeverity.ERROR) {
          world.errors.push(request.getMessage());
        }
        done(null, {});
      },
    },
  });
  return world;
}
