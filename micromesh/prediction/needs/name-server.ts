/** Names of Services that the cluster's DNS doesn't answer, because its Corefile says otherwise. */
import { ask } from "../../resources/corefile/ask.ts";
import {
  declaredNameServer,
  defaultNameServer,
  placeText,
} from "../../resources/corefile/declared.ts";
import type { KubernetesObject } from "../../resources/declared.ts";

/** Why a name isn't found. */
export interface NameProblem {
  text: string;
  /** The place to mend it. */
  blame: { object: string; field: string };
}

/** @returns what keeps a Service's name, in full, from being found; undefined: nothing */
export type NameCheck = (name: string) => NameProblem | undefined;

export function nameCheck(objects: KubernetesObject[]): NameCheck {
  const nameServer = declaredNameServer(objects).nameServer ?? defaultNameServer();
  return (name) => {
    const reply = ask(nameServer, { name, type: "A" }, () => true);
    if (reply.kind === "found" || (reply.kind === "records" && reply.records.length > 0)) {
      return undefined;
    }
    if (reply.kind === "forward") {
      return {
        text: `CoreDNS asks name servers outside for ${name}, which know nothing of the cluster: no server block of its Corefile has the plugin kubernetes for it`,
        blame: { object: "ConfigMap kube-system/coredns", field: "data.Corefile" },
      };
    }
    const { plugin, place } = reply.by;
    const where = placeText(place);
    const [object = where, field = ""] = where.split(/ (?=data)/);
    const code = reply.kind === "failure" ? reply.rcode : "no address";
    const text = `CoreDNS answers ${code} for ${name}: ${where} (${plugin})`;
    return { text, blame: { object, field } };
  };
}
