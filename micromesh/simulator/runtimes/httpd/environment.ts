import type { EnvCondition } from "./config.ts";
import { substitute } from "./proxy-mapping.ts";
import type { ClientRequest } from "./request.ts";

/** mod_setenvif: sets variables by a header, or by Remote_Addr, Request_URI and their like. */
export function applySetEnvIf(
  conditions: readonly EnvCondition[],
  env: Map<string, string>,
  request: ClientRequest,
  uri: string,
): void {
  const attributes: Record<string, string> = {
    remote_addr: request.remoteAddress,
    remote_host: request.remoteAddress,
    server_addr: request.localAddress,
    request_method: request.method,
    request_protocol: request.protocol,
    request_uri: uri,
  };
  for (const { attribute, pattern, sets } of conditions) {
    const known = attributes[attribute.toLowerCase()];
    const match = pattern.exec(known ?? request.header(attribute) ?? env.get(attribute) ?? "");
    if (!match) continue;
    for (const [name, text] of sets)
      if (text === undefined) env.delete(name);
      else env.set(name, substitute(text, match));
  }
}

/** mod_env: SetEnv and UnsetEnv. */
export function applySetEnv(
  settings: readonly [name: string, value: string | undefined][],
  env: Map<string, string>,
): void {
  for (const [name, value] of settings)
    if (value === undefined) env.delete(name);
    else env.set(name, value);
}
