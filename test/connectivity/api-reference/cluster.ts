/** The pods that the tests of the reference's sentences are about, and who reaches whom among them. */
import type { Pod, Protocol, World } from "../../../micromesh/connectivity/model.ts";
import { allowed, kubernetes, networkPolicy, pod, problems, validWorld } from "../world.ts";

const tcp = (name: string, containerPort: number) =>
  ({ name, containerPort, protocol: "TCP" }) as const;
export const web = pod(
  "a/web",
  { app: "web" },
  { ports: [tcp("http", 8080), { name: "dns", containerPort: 53, protocol: "UDP" }] },
);
export const client = pod(
  "a/client",
  { app: "client", tier: "front" },
  { ports: [tcp("http", 3000)] },
);
export const other = pod("a/other", { app: "other" });
/** Of the same labels as `client`, in another namespace. */
export const stranger = pod(
  "b/stranger",
  { app: "client", tier: "front" },
  { ports: [tcp("http", 4000)] },
);
export const outside = "external 192.168.1.7";
export const node = "node 192.168.49.2";
const others: Record<string, Pod | string> = { client, other, stranger, outside };
export const everyone = Object.keys(others);

export const toWeb = { podSelector: { matchLabels: { app: "web" } } };
export const fromWeb = { ...toWeb, policyTypes: ["Egress"] };
export const clients = { podSelector: { matchLabels: { app: "client" } } };
export const teamB = { namespaceSelector: { matchLabels: { team: "team-b" } } };

/** Valid policies of namespace `a` in a cluster. */
export function cluster(...specs: object[]): World {
  return validWorld(kubernetes, ...specs.map((spec, i) => networkPolicy(`a/p${i}`, spec)));
}

/** Who of the others reaches `web` on a port. */
export function callers(spec: object | object[], port = 80, protocol: Protocol = "TCP"): string[] {
  const of = cluster(...[spec].flat());
  return everyone.filter((name) => allowed(of, others[name] ?? "", web, port, protocol));
}

/** Whom of the others `web` reaches on a port. */
export function callees(spec: object | object[], port = 80, protocol: Protocol = "TCP"): string[] {
  const of = cluster(...[spec].flat());
  return everyone.filter((name) => allowed(of, web, others[name] ?? "", port, protocol));
}

/** The ports that `open` tries. */
export const sockets = [
  "TCP 80",
  "TCP 81",
  "TCP 82",
  "TCP 3000",
  "TCP 8080",
  "UDP 53",
  "UDP 80",
  "SCTP 80",
];

/** On which ports a source reaches a destination. */
export function open(spec: object | object[], from: Pod | string = client, to: Pod | string = web) {
  const of = cluster(...[spec].flat());
  return sockets.filter((socket) => {
    const [protocol = "", port] = socket.split(" ");
    return allowed(of, from, to, Number(port), protocol as Protocol);
  });
}

/** The pods that a policy keeps the outside from, and those that it keeps from the outside. */
export function isolated(spec: object): { ingress: string[]; egress: string[] } {
  const of = cluster(spec);
  const pods = [web, client, other, stranger];
  const names = (list: Pod[]) => list.map(({ name }) => name);
  return {
    ingress: names(pods.filter((one) => !allowed(of, outside, one))),
    egress: names(pods.filter((one) => !allowed(of, one, outside))),
  };
}

/** The fields that the API server would complain about. */
export function rejected(spec: object): string[] {
  return problems(networkPolicy("a/p", spec)).map((problem) => problem.split(" ")[0] ?? "");
}

export const ingressFrom = (...from: object[]) => ({ ...toWeb, ingress: [{ from }] });
export const egressTo = (...to: object[]) => ({ ...fromWeb, egress: [{ to }] });
export const ingressOn = (...ports: object[]) => ({ ...toWeb, ingress: [{ ports }] });
export const egressOn = (...ports: object[]) => ({ ...fromWeb, egress: [{ ports }] });
export const ipBlock = (cidr: string, ...except: string[]) => ({ ipBlock: { cidr, except } });
export const selecting = (...matchExpressions: object[]) => ({ podSelector: { matchExpressions } });
