import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { resolvConf } from "../network/names.ts";
import type { View } from "../network/view.ts";
import type { Identity, Mount } from "./messages.ts";

/**
 * Writes the pod's resolver configuration, as the kubelet does, for who reads it instead of looking names up.
 * @param folder the pod's own, where its processes start
 */
export function mountResolvConf(
  { namespace, readOnlyRoot }: Identity,
  view: View,
  folder: string,
): Mount {
  const source = resolve(folder, "resolv.conf");
  writeFileSync(source, resolvConf(view, namespace));
  return { mountPath: "/etc/resolv.conf", source, readOnly: readOnlyRoot };
}
