/** Declarations of PostgreSQL pods, and clients that reach them as a neighbour of theirs would. */
import pg from "pg";
import type { KubernetesObject } from "../../../../micromesh/resources/declared.ts";
import { Simulator } from "../../../../micromesh/simulator/simulator.ts";
import { declarationOf, labelsOf, namespace, object, service, until } from "../../declaration.ts";

export const PASSWORD = "s3'cr\\et ünd so";
export const NAMESPACE = "items";
export const PORT = 5432;

/** What a test says of a PostgreSQL pod; the rest is the same for all of them. */
export interface Database {
  name?: string;
  env?: Record<string, string>;
  args?: string[];
  /** Name of a claim for its data. */
  claim?: string;
  /** Scripts for a new cluster, by file name. */
  scripts?: Record<string, string>;
  /** ConfigMaps to mount. */
  mounts?: { name: string; configMap: string; mountPath: string }[];
  container?: object;
}

/** A StatefulSet of one pod, `NAME-0`, and what it mounts. */
export function database(given: Database = {}): KubernetesObject[] {
  const { name = "db", claim, scripts, env = { POSTGRES_PASSWORD: PASSWORD } } = given;
  const mounts = [
    ...(given.mounts ?? []).map(({ name, mountPath }) => ({ name, mountPath })),
    ...(claim ? [{ name: "data", mountPath: "/var/lib/postgresql/data" }] : []),
    ...(scripts ? [{ name: "scripts", mountPath: "/docker-entrypoint-initdb.d" }] : []),
  ];
  const volumes = [
    ...(given.mounts ?? []).map(({ name, configMap }) => ({
      name,
      configMap: { name: configMap },
    })),
    ...(claim ? [{ name: "data", persistentVolumeClaim: { claimName: claim } }] : []),
    ...(scripts ? [{ name: "scripts", configMap: { name: `${name}-scripts` } }] : []),
  ];
  const pgdata = claim ? { PGDATA: "/var/lib/postgresql/data/pgdata" } : {};
  return [
    ...(scripts
      ? [
          object(
            "v1",
            "ConfigMap",
            { name: `${name}-scripts`, namespace: NAMESPACE },
            { data: scripts },
          ),
        ]
      : []),
    object(
      "apps/v1",
      "StatefulSet",
      { name, namespace: NAMESPACE },
      {
        spec: {
          serviceName: name,
          replicas: 1,
          selector: { matchLabels: labelsOf(name) },
          template: {
            metadata: { labels: labelsOf(name) },
            spec: {
              terminationGracePeriodSeconds: 10,
              volumes,
              containers: [
                {
                  name: "postgres",
                  image: "docker.io/library/postgres:17.10-alpine",
                  args: given.args,
                  env: Object.entries({ ...pgdata, ...env }).map(([key, value]) => ({
                    name: key,
                    value,
                  })),
                  ports: [{ name: "tcp-postgresql", containerPort: PORT }],
                  readinessProbe: {
                    exec: { command: ["pg_isready", "-U", "postgres"] },
                    periodSeconds: 1,
                  },
                  volumeMounts: mounts,
                  ...given.container,
                },
              ],
            },
          },
        },
      },
    ),
  ];
}

/** A simulator with such pods, and what tests ask of them. */
export class Bed {
  readonly simulator: Simulator;
  private readonly forwards = new Map<string, ReturnType<Simulator["forwardTo"]>>();

  private constructor(simulator: Simulator) {
    this.simulator = simulator;
  }

  static async start(objects: KubernetesObject[]): Promise<Bed> {
    return new Bed(await Simulator.start(declared(objects), { gatewayPort: 0 }));
  }

  async apply(objects: KubernetesObject[]): Promise<void> {
    await this.simulator.apply(declared(objects));
  }

  status(name = "db") {
    const pod = this.simulator.cluster.statuses.find((p) => p.name === `${name}-0`);
    const container = pod?.containers[0];
    return pod && container ? { ...pod, container } : undefined;
  }

  /** What the pod has written so far, its earlier containers included. */
  log(name = "db"): string {
    const lines = this.simulator.lines.of(`${NAMESPACE}/${name}-0`);
    return lines.map(({ line }) => line).join("\n");
  }

  ready(name = "db", timeoutMs = 30_000): Promise<unknown> {
    return until(`${name} ready`, () => this.status(name)?.ready, timeoutMs).catch(
      (error: Error) => {
        throw new Error(`${error.message}; its log:\n${this.log(name)}`);
      },
    );
  }

  /** The address for a client on this machine, through a port-forward to the Service. */
  async address(name = "db"): Promise<{ host: string; port: number }> {
    const service = { namespace: NAMESPACE, service: name, port: PORT };
    const forward = this.forwards.get(name) ?? this.simulator.forwardTo(service);
    this.forwards.set(name, forward);
    return { host: "127.0.0.1", port: (await forward).port };
  }

  async stop(): Promise<void> {
    for (const forward of this.forwards.values()) await (await forward).close();
    this.forwards.clear();
    await this.simulator.stop();
  }

  /** A client that is connected; it's for the caller to end. */
  async client(config: pg.ClientConfig = {}, name = "db"): Promise<pg.Client> {
    const client = new pg.Client({ ...SUPERUSER, ...(await this.address(name)), ...config });
    client.on("error", () => {});
    await client.connect();
    return client;
  }

  /** Runs one statement by a connection of its own. */
  async query(text: string, config: pg.ClientConfig = {}, name = "db"): Promise<pg.QueryResult> {
    const client = await this.client(config, name);
    try {
      return await client.query(text);
    } finally {
      await client.end();
    }
  }

  /** The process number of its native server. */
  async postmaster(name = "db"): Promise<number> {
    const text = "select pg_read_file('postmaster.pid') as text";
    const { rows } = await this.query(text, {}, name);
    return Number(rows[0].text.split("\n")[0]);
  }
}

export const SUPERUSER = { user: "postgres", password: PASSWORD, database: "postgres" };

function declared(objects: KubernetesObject[]) {
  const names = objects.flatMap((o) => (o.kind === "StatefulSet" ? [o.metadata.name] : []));
  const port = { name: "tcp-postgresql", port: PORT, targetPort: PORT };
  const services = names.map((name) => service(NAMESPACE, name, port));
  return declarationOf(
    [namespace(NAMESPACE), ...objects, ...services],
    [["cilium", "kube-system"]],
  );
}
