/** Short ways to write AuthorizationPolicies, and to ask what the sidecar of `web` lets in under them. */
import type { InboundMesh } from "../../micromesh/connectivity/index.ts";
import type { MeshSource } from "../../micromesh/connectivity/model.ts";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { web } from "./cast.ts";
import { authorizationPolicy, get, inboundMesh } from "./world.ts";

/** With an identity, by mTLS. */
export const client: MeshSource = { ip: "10.244.7.7", principal: "cluster.local/ns/b/sa/client" };
/** The same, without. */
export const plaintext: MeshSource = { ip: client.ip };
export const destination = { ip: web.ips[0] ?? "", port: 80 };

export const policy = (spec: object, path = "a/p") => authorizationPolicy(path, spec);
/** The policy `a/p`, with ALLOW. */
export const allow = (...rules: object[]) => policy({ rules });
/** The policy `a/no`, with DENY. */
export const deny = (...rules: object[]) => policy({ action: "DENY", rules }, "a/no");

/** What the sidecar of `web` does on port 80, under valid policies. */
export const inbound = (...policies: KubernetesObject[]): InboundMesh =>
  inboundMesh(web, 80, ...policies);

/** Whether a request passes. */
export const passes = (of: KubernetesObject, source = client, http = get()): boolean =>
  inbound(of).authorize(source, destination, http).allowed;

/** Whether a connection that carries no HTTP passes. */
export const overTcp = (of: KubernetesObject, source = client, to = destination): boolean =>
  inbound(of).authorize(source, to).allowed;
