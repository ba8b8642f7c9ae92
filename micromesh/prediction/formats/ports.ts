/** Ports as flows and parties name them: `All Connections`, or e.g. `TCP 80,8000-8085,UDP 53`. */

export const ALL = "All Connections";

/** The first and last port of a range, by its protocol. */
type Ranges = Map<string, [first: number, last: number][]>;

/** Whether somebody who reaches `ports` reaches all that is listened on; nothing declared: yes. */
export function covers(ports: readonly string[], listens: string): boolean {
  if (listens === "" || ports.includes(ALL) || ports.includes(listens)) return true;
  const [open, wanted] = [parsed(ports.join(",")), parsed(listens)];
  if (!open || !wanted) return false;
  for (const [protocol, ranges] of wanted) {
    const own = (open.get(protocol) ?? []).sort(([a], [b]) => a - b);
    for (const [first, last] of ranges) {
      let next = first;
      for (const [a, b] of own) if (a <= next && b >= next) next = b + 1;
      if (next <= last) return false;
    }
  }
  return true;
}

/** @returns undefined where a text isn't of this form */
function parsed(text: string): Ranges | undefined {
  const ranges: Ranges = new Map();
  let protocol = "";
  for (const part of text.split(",")) {
    const [, own, first, last = first] = /^(?:([A-Z]+) )?(\d+)(?:-(\d+))?$/.exec(part.trim()) ?? [];
    protocol = own ?? protocol;
    if (first === undefined || last === undefined || protocol === "") return undefined;
    const list = ranges.get(protocol) ?? [];
    list.push([Number(first), Number(last)]);
    ranges.set(protocol, list);
  }
  return ranges;
}

/** What a label says of ports: nothing where they are all that matter. */
export function portsLabel(ports: string, listens: string): string {
  return ports !== "" && covers([ports], listens) && (listens !== "" || ports === ALL) ? "" : ports;
}
