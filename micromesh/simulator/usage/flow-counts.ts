import type { PodUsage, Stops } from "../../usage/pod-usage.ts";
import type { Flow } from "../agent/messages.ts";

/** Destinations that are counted by themselves, of one source; and sources, and who was to be reached. */
const DESTINATIONS = 20;
const ENDS = 1_000;
const OTHERS = { to: "others", port: 0 };

type Stop = NonNullable<PodUsage["latestStop"]>;

/** Counts what the network stops, by who it was and where it was to go. Of any traffic it keeps little. */
export class FlowCounts {
  readonly #sent = { dropped: new Map<string, Stops>(), denied: new Map<string, Stops>() };
  readonly #reached = new Map<string, number>();
  readonly #latest = new Map<string, Stop>();

  add({ time, verdict, source, destination, port }: Flow): void {
    if (verdict !== "dropped" && verdict !== "denied") return;
    const stops = entry(this.#sent[verdict], source, () => ({ count: 0, destinations: [] }));
    stops.count++;
    countAt(stops, destination, port);
    this.#reached.set(destination, entry(this.#reached, destination, () => 0) + 1);
    for (const end of [source, destination]) {
      entry(this.#latest, end, () => ({}) as Stop);
      this.#latest.set(end, { time, verdict, source, destination, port });
    }
  }

  /** Of a pod, by `namespace/name`, or of another end as flows name it. */
  of(
    end: string,
  ): Required<Pick<PodUsage, "dropped" | "denied" | "stoppedAtIt">> & Pick<PodUsage, "latestStop"> {
    const none: Stops = { count: 0, destinations: [] };
    return {
      dropped: structuredClone(this.#sent.dropped.get(end) ?? none),
      denied: structuredClone(this.#sent.denied.get(end) ?? none),
      stoppedAtIt: this.#reached.get(end) ?? 0,
      latestStop: this.#latest.get(end),
    };
  }
}

function countAt({ destinations }: Stops, to: string, port: number): void {
  const known = destinations.find((one) => one.to === to && one.port === port);
  if (known) known.count++;
  else if (destinations.length < DESTINATIONS) destinations.push({ to, port, count: 1 });
  else if (destinations.at(-1)?.to === OTHERS.to)
    (destinations.at(-1) as { count: number }).count++;
  else destinations.push({ ...OTHERS, count: 1 });
}

/** A value of a map that forgets its oldest keys. */
function entry<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const [oldest] = map.keys();
  if (map.size >= ENDS && oldest !== undefined) map.delete(oldest);
  const made = make();
  map.set(key, made);
  return made;
}
