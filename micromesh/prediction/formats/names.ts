/** The range that stands for every IPv4 address outside. */
const EVERY_ADDRESS = "0.0.0.0-255.255.255.255";

/**
 * What people call the parties with these ids: `d-redis/redis`, `Service shop/legacy`, `outside`,
 * `203.0.113.7`, `ingress controller`. Two that would share a name keep their ids (`shop/cart[Job]`).
 */
export function names(ids: Iterable<string>): (id: string) => string {
  const short = new Map<string, string>();
  const holders = new Map<string, number>();
  for (const id of new Set(ids)) {
    const name = nameOf(id);
    short.set(id, name);
    holders.set(name, (holders.get(name) ?? 0) + 1);
  }
  return (id) => {
    const name = short.get(id);
    return name === undefined || holders.get(name) !== 1 ? id : name;
  };
}

function nameOf(id: string): string {
  if (id === "{ingress-controller}") return "ingress controller";
  if (id === "{node}") return "node";
  const [, name, kind] = /^(.+)\[([^[\]]+)\]$/.exec(id) ?? [];
  if (name === undefined) return id;
  if (kind === "External") return addresses(name);
  return kind === "Service" ? `Service ${name}` : name;
}

function addresses(range: string): string {
  if (range === EVERY_ADDRESS) return "outside";
  const [first, last, ...more] = range.split("-");
  return first !== undefined && first === last && more.length === 0 ? first : range;
}
