import assert from "node:assert/strict";
import fc from "fast-check";
import { Replicas, type Status } from "../../../../apps/shop/registry/replicas.ts";
import { seed } from "../runtime/world.ts";

const SERVICES = ["catalog", "cart"] as const;
const IDS = ["a", "b"];
const PLACES = ["http://10.0.0.1:8080", "http://10.0.0.2:8080"];
const VERSIONS = ["v1", "v2"];

type Service = (typeof SERVICES)[number];
interface Step {
  verb: "hear" | "note" | "remove" | "expire" | "wait";
  service: Service;
  id: string;
  url: string;
  version: string;
  status: Status;
  ms: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  verb: fc.constantFrom("hear", "hear", "note", "note", "remove", "expire", "wait"),
  service: fc.constantFrom(...SERVICES),
  id: fc.constantFrom(...IDS),
  url: fc.constantFrom(...PLACES),
  version: fc.constantFrom(...VERSIONS),
  status: fc.constantFrom("healthy", "healthy", "unhealthy", "down"),
  ms: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(0, 1, 500) },
    { weight: 1, arbitrary: fc.constantFrom(2000, 6999, 7000, 7001, 30_000, 60_000) },
  ),
});

/**
 * What the registry promises, said once more and otherwise: a list of all that has ever happened to a
 * replica, and what follows from it, looked up anew each time.
 */
class Model {
  readonly #events: (Step & { at: number })[] = [];

  happens(step: Step, at: number): void {
    this.#events.push({ ...step, at });
  }

  /** `url version` and status of a replica; undefined if there is none. */
  read(service: Service, id: string): { place: string; status: Status } | undefined {
    let place: string | undefined;
    let url = "";
    let status: Status = "down";
    let heard = 0;
    for (const event of this.#events) {
      const { verb, at } = event;
      const isOwn = event.service === service && event.id === id;
      if (verb === "hear" && isOwn) {
        const now = `${event.url} ${event.version}`;
        if (now !== place) status = "down";
        place = now;
        url = event.url;
        heard = at;
      } else if (verb === "remove" && isOwn) {
        place = undefined;
      } else if (verb === "note" && isOwn && event.url === url) {
        status = at - heard > 7000 ? "down" : event.status;
      } else if (verb === "expire") {
        if (at - heard > 60_000) place = undefined;
        if (at - heard > 7000) status = "down";
      }
    }
    return place === undefined ? undefined : { place, status };
  }

  services(): Record<string, { id: string; url: string; version: string }[]> {
    return Object.fromEntries(
      SERVICES.map((service) => [
        service,
        IDS.flatMap((id) => {
          const found = this.read(service, id);
          const [url = "", version = ""] = found?.place.split(" ") ?? [];
          return found?.status === "healthy" ? [{ id, url, version }] : [];
        }),
      ]),
    );
  }

  /** Who has said goodbye. */
  goodbyes(): string[] {
    return this.#events.filter(({ verb }) => verb === "remove").map(({ id }) => id);
  }
}

describe(`shop: the registry's replicas against a model (MICROMESH_SEED=${seed})`, () => {
  it("are who has spoken up lately, and was healthy when last checked", () => {
    const reached = new Set<string>();
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), (steps) => {
        const replicas = new Replicas(
          SERVICES.map((name) => ({ name })),
          0,
        );
        const model = new Model();
        let now = 0;
        let before = replicas.discovery(now);
        for (const one of steps) {
          const { verb, service, id, url, version, status } = one;
          const announced = { id, url, version };
          now += one.ms;
          const known = model.read(service, id);
          const isSame = known?.place === `${url} ${version}`;
          if (verb === "hear") {
            const needsCheck = replicas.hear(service, announced, now);
            assert.equal(needsCheck, !(isSame && known?.status === "healthy"));
          } else if (verb === "note") {
            replicas.note(service, announced, { status, reason: "as checked" }, now);
          } else if (verb === "remove") {
            assert.equal(replicas.remove(service, id, now), known !== undefined);
          } else if (verb === "expire") {
            replicas.expire(now);
          }
          model.happens(one, now);

          const after = replicas.discovery(now);
          assert.deepEqual(after.services, model.services());
          for (const name of SERVICES) {
            assert.deepEqual(
              replicas.of(name).map(({ id, status }) => [id, status]),
              IDS.flatMap((id) => {
                const found = model.read(name, id);
                return found ? [[id, found.status]] : [];
              }),
            );
          }
          assert.equal(after.complete, now >= 2500);
          assert.deepEqual(new Set(after.gone), new Set(after.complete ? [] : model.goodbyes()));
          const isChanged =
            JSON.stringify(after.services) !== JSON.stringify(before.services) ||
            (!after.complete && after.gone.length > before.gone.length);
          assert.equal(after.version !== before.version, isChanged, "the version");
          assert.ok(after.version >= before.version);
          if (isChanged) reached.add(verb);
          before = after;
        }
      }),
      { seed, numRuns: 1500 },
    );
    // Each way of changing what is discovered has been gone.
    assert.deepEqual([...reached].sort(), ["expire", "hear", "note", "remove"]);
  });
});
