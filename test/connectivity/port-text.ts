import {
  everyPort,
  noPorts,
  type PortSet,
  portSet,
} from "../../micromesh/connectivity/port-set.ts";
import type { PortRange } from "../../micromesh/connectivity/traffic-policy.ts";

/** Reads what `portText` writes: `TCP 80,8000-8085,UDP 53`. */
export function readPorts(text: string): PortSet {
  if (text === "All Connections") return everyPort;
  if (text === "No Connections") return noPorts;
  let protocol: PortRange["protocol"] = "TCP";
  return portSet(
    text.split(",").map((item) => {
      const [head = "", tail] = item.split(" ");
      if (tail !== undefined) protocol = head as PortRange["protocol"];
      const [first, last = first] = (tail ?? head).split("-").map(Number);
      return { protocol, first: first as number, last: last as number };
    }),
  );
}
