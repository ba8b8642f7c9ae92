/** Ports as flows write them, read back. */
import type { Protocol } from "../connectivity/model.ts";
import { everyPort, type PortSet, portSet } from "../connectivity/port-set.ts";

const known = new Map<string, PortSet>([["All Connections", everyPort]]);

/** Reads `All Connections`, or e.g. `TCP 80,8000-8085,UDP 53`. */
export function readPorts(text: string): PortSet {
  let set = known.get(text);
  if (!set) {
    const ranges = [...text.matchAll(/(?:([A-Z]+) )?(\d+)(?:-(\d+))?(?:,|$)/g)];
    let protocol: Protocol = "TCP";
    set = portSet(
      ranges.map(([, named, first, last = first]) => {
        if (named) protocol = named as Protocol;
        return { protocol, first: Number(first), last: Number(last) };
      }),
    );
    known.set(text, set);
  }
  return set;
}
