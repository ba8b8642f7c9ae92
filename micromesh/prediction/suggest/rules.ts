/** Rules of NetworkPolicies, each peer and port once. */

export interface PolicyPort {
  protocol: string;
  port: number;
}

/** Peers that share their ports; without peers it's everyone. */
export interface PolicyRule {
  peers?: object[];
  ports: PolicyPort[];
}

/**
 * As a NetworkPolicy has them: rules with the same ports become one with all of their peers, and what is
 * open to everyone isn't said again of a peer.
 */
export function policyRules(rules: PolicyRule[], side: "from" | "to"): object[] {
  const open = once(rules.flatMap(({ peers, ports }) => (peers ? [] : ports)));
  const isOpen = new Set(open.map(keyOf));
  const byPeer = new Map<string, { peer: object; ports: PolicyPort[] }>();
  for (const { peers = [], ports } of rules) {
    for (const peer of peers) {
      const key = JSON.stringify(peer);
      const known = byPeer.get(key) ?? { peer, ports: [] };
      byPeer.set(key, known);
      known.ports.push(...ports.filter((port) => !isOpen.has(keyOf(port))));
    }
  }
  const byPorts = new Map<string, { peers: object[]; ports: PolicyPort[] }>();
  for (const { peer, ports } of byPeer.values()) {
    if (ports.length === 0) continue;
    const sorted = once(ports);
    const key = JSON.stringify(sorted);
    const known = byPorts.get(key) ?? { peers: [], ports: sorted };
    byPorts.set(key, known);
    known.peers.push(peer);
  }
  return [
    ...[...byPorts.values()].map(({ peers, ports }) => ({ [side]: peers, ports })),
    ...(open.length > 0 ? [{ ports: open }] : []),
  ];
}

function keyOf({ protocol, port }: PolicyPort): string {
  return `${protocol} ${port}`;
}

function once(ports: PolicyPort[]): PolicyPort[] {
  const known = new Map(ports.map((port) => [keyOf(port), port]));
  return [...known.values()].sort(
    (a, b) => a.port - b.port || a.protocol.localeCompare(b.protocol),
  );
}
