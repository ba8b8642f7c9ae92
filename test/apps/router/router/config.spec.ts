import assert from "node:assert/strict";
import fc from "fast-check";
import { stringify } from "yaml";
import { Addresses } from "../../../../apps/router/router/addresses.ts";
import {
  BALANCERS,
  ConfigError,
  parseConfig,
  type RouterConfigInput,
} from "../../../../apps/router/router/config.ts";
import { Metrics } from "../../../../apps/router/router/metrics.ts";
import { Router } from "../../../../apps/router/router/router.ts";
import { RETRY_CONDITIONS } from "../../../../micromesh/traffic/index.ts";
import { seed } from "./world.ts";

const SMALL = `
services:
  a: {endpoints: [{url: http://a:8080}]}
  b: {endpoints: [{url: "http://[::1]:8080/", weight: 0.5}]}
routes:
  - {path: /nginx, to: a}
  - {path: /, shares: {a: 1, b: 0}, sticky_by: X-User, faults: {delay: {seconds: 1}}}
`;

describe(`router: the config (MICROMESH_SEED=${seed})`, () => {
  it("has a default for all but endpoints, paths and where they lead", () => {
    const { services, routes } = parseConfig(SMALL);
    assert.deepEqual(services.a, {
      endpoints: [{ url: "http://a:8080", weight: 1 }],
      admin_port: 9901,
      balancer: "round-robin",
      circuit_breaker: { failure_threshold: 5, timeout_seconds: 30 },
      outlier_detection: { consecutive_errors: 5, ejection_seconds: 30, max_ejection_percent: 10 },
    });
    assert.deepEqual(services.b?.endpoints, [{ url: "http://[::1]:8080", weight: 0.5 }]);
    const defaults = {
      rewrite: "/",
      timeout: { overall_seconds: 15 },
      retries: {
        attempts: 1,
        on: ["5xx", "reset", "connect-failure"],
        status_codes: [],
        backoff_seconds: 0.025,
        max_backoff_seconds: 0.25,
        jitter: "full",
        budget: { percent: 20, min: 3 },
      },
    };
    assert.deepEqual(routes, [
      { name: "nginx", path: "/nginx", to: "a", faults: {}, ...defaults },
      {
        name: "root",
        path: "/",
        shares: { a: 1, b: 0 },
        sticky_by: "x-user",
        faults: { delay: { percent: 100, seconds: 1 } },
        ...defaults,
      },
    ]);
  });

  const wrong: [string, string, string][] = [
    [
      "path: /,",
      "path: /nginx,",
      'routes[1].name is "nginx"; it must differ from that of routes[0]',
    ],
    [
      "path: /,",
      "path: /nginx, name: x,",
      'routes[1].path is "/nginx"; it must differ from that of routes[0]',
    ],
    ["to: a", "to: z", 'routes[0].to is "z"; it must be one of the services: a, b'],
    [
      "to: a",
      "tu: a",
      "routes[0].tu is unknown; there may be name, path, rewrite, to, shares, sticky_by, timeout, retries, faults",
    ],
    [
      "to: a",
      "to: a, shares: {a: 1}",
      'routes[0].to is "a"; it must be left out where there are shares',
    ],
    [
      "to: a",
      "timeout: {}",
      "routes[0].to isn't set; it must be a service, or there must be shares",
    ],
    [
      "a: 1, b: 0",
      "a: 0, b: 0",
      "routes[1].shares is an object; it must give one service at least a share above 0",
    ],
    ["a: 1, b: 0", "a: 1, c: 0", "routes[1].shares.c is 0; there are only these services: a, b"],
    ["a: 1, b: 0", "a: -1", "routes[1].shares.a is -1; it must be a weight, 0 to 1000000"],
    [
      "to: a",
      "to: a, timeout: {per_try_seconds: 16}",
      "routes[0].timeout.overall_seconds is 15; it must be at least per_try_seconds, which is 16",
    ],
    [
      "to: a",
      "to: a, retries: {max_backoff_seconds: 0.02}",
      "routes[0].retries.max_backoff_seconds is 0.02; it must be at least backoff_seconds, which is 0.025",
    ],
    [
      "to: a",
      "to: a, retries: {on: [4xx]}",
      'routes[0].retries.on[0] is "4xx"; it must be 5xx, gateway-error, connect-failure, reset, retriable-status-codes',
    ],
    [
      "path: /nginx",
      "path: /nginx/",
      'routes[0].path is "/nginx/"; it must be "/", or a path such as /nginx without a slash at its end',
    ],
    [
      "path: /nginx",
      "path: /../x",
      'routes[0].path is "/../x"; it must be "/", or a path such as /nginx without a slash at its end',
    ],
    [
      "path: /nginx",
      "name: A, path: /nginx",
      'routes[0].name is "A"; it must be a name such as team-a: a-z, 0-9 and -, 63 at most',
    ],
    [
      "http://a:8080",
      "http://a:8080/x",
      'services.a.endpoints[0].url is "http://a:8080/x"; it must be a URL with a host and a port, such as http://a:8080',
    ],
    [
      "http://a:8080",
      "https://a:8080",
      'services.a.endpoints[0].url is "https://a:8080"; it must be a URL with a host and a port, such as http://a:8080',
    ],
    [
      "http://a:8080",
      "http://a:99999",
      'services.a.endpoints[0].url is "http://a:99999"; it must be a URL with a host and a port, such as http://a:8080',
    ],
    [
      "  a: {end",
      "  A: {end",
      "services.A: the name is wrong; it must be a name such as team-a: a-z, 0-9 and -, 63 at most",
    ],
    [
      "{path: /nginx, to: a}",
      "3",
      "routes[0] is 3; it must be an object with name, path, rewrite, to, shares, sticky_by, timeout, retries, faults",
    ],
    [
      "services:",
      "x:",
      "services isn't set; it must be an object of services, such as {a: {endpoints: [...]}}",
    ],
    [
      "seconds: 1",
      "seconds: yes",
      'routes[1].faults.delay.seconds is "yes"; it must be seconds, 0 to 3600',
    ],
    [
      "services:",
      "services: ]",
      'not YAML: Unexpected flow-seq-end token in YAML stream: "]" at line 2, column 11:',
    ],
  ];
  for (const [from, to, line] of wrong) {
    it(`says in one line what is wrong with ${to}`, () => {
      assert.ok(SMALL.includes(from));
      assert.throws(() => parseConfig(SMALL.replace(from, to)), {
        name: "ConfigError",
        message: line,
      });
    });
  }

  it("isn't taken from texts that would take for ever, or are none", () => {
    const bomb = ["a0: &a0 [x, x]"];
    for (let i = 1; i < 30; i++) bomb.push(`a${i}: &a${i} [*a${i - 1}, *a${i - 1}, *a${i - 1}]`);
    const texts = [
      bomb.join("\n"),
      "[".repeat(50_000),
      "",
      "null",
      "- 1",
      "a: 1\n---\nb: 2",
      "!!js/function x",
      "services: &s {a: *s}\nroutes: *s",
      "\0",
    ];
    for (const text of texts) assert.throws(() => parseConfig(text), ConfigError);
  });

  const name = fc.constantFrom("a", "b-2", "c", "x".repeat(63));
  const seconds = fc.double({ min: 0.001, max: 3600, noNaN: true });
  const percent = fc.double({ min: 0, max: 100, noNaN: true });
  const path = fc
    .array(fc.stringMatching(/^[A-Za-z0-9_~-]{1,8}$/), { maxLength: 4 })
    .map((parts) => `/${parts.join("/")}`);
  const service = fc.record(
    {
      endpoints: fc.uniqueArray(
        fc.record(
          {
            url: fc
              .tuple(fc.constantFrom("a", "b.c", "10.0.0.1", "[fd00::1]"), fc.nat(65_534))
              .map(([host, port]) => `http://${host}:${port + 1}`),
            weight: fc.double({ min: 0, max: 1e6, noNaN: true }),
          },
          { requiredKeys: ["url"] },
        ),
        { minLength: 1, maxLength: 3, selector: ({ url }) => new URL(url).origin },
      ),
      admin_port: fc.integer({ min: 1, max: 65_535 }),
      balancer: fc.constantFrom(...BALANCERS),
      circuit_breaker: fc.record(
        { failure_threshold: fc.integer({ min: 1, max: 1000 }), timeout_seconds: seconds },
        { requiredKeys: [] },
      ),
      outlier_detection: fc.record(
        {
          consecutive_errors: fc.integer({ min: 1, max: 1000 }),
          ejection_seconds: seconds,
          max_ejection_percent: percent,
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: ["endpoints"] },
  );
  const routeTo = (services: string[]) =>
    fc.record(
      {
        path,
        rewrite: path,
        shares: fc
          .dictionary(fc.constantFrom(...services), fc.double({ min: 0, max: 1e6, noNaN: true }))
          .filter((shares) => Object.values(shares).some((share) => share > 0)),
        sticky_by: fc.constantFrom("x-user", "Cookie"),
        timeout: fc
          .tuple(seconds, seconds)
          .map((two) => two.sort((one, other) => one - other))
          .map(([per_try_seconds, overall_seconds]) => ({ per_try_seconds, overall_seconds })),
        retries: fc.record(
          {
            attempts: fc.integer({ min: 0, max: 10 }),
            on: fc.subarray([...RETRY_CONDITIONS]),
            status_codes: fc.array(fc.integer({ min: 100, max: 599 }), { maxLength: 3 }),
            backoff_seconds: fc.double({ min: 0, max: 1, noNaN: true }),
            max_backoff_seconds: fc.double({ min: 1, max: 3600, noNaN: true }),
            jitter: fc.constantFrom("none", "full"),
            budget: fc.record({ percent, min: fc.nat(1000) }, { requiredKeys: [] }),
          },
          { requiredKeys: [] },
        ),
        faults: fc.record(
          {
            delay: fc.record({ percent, seconds }),
            abort: fc.record({ percent, status: fc.integer({ min: 200, max: 599 }) }),
          },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: ["path", "shares"] },
    );
  const valid = fc
    .dictionary(name, service, { minKeys: 1, noNullPrototype: true })
    .chain((services) =>
      fc
        .uniqueArray(routeTo(Object.keys(services)), {
          maxLength: 4,
          selector: (one) => one.path,
        })
        .map((routes) => ({
          services,
          routes: routes.map((one, index) => ({ ...one, name: `route-${index}` })),
        })),
    ) as fc.Arbitrary<RouterConfigInput>;

  it("parses whenever it's right, to what parses to itself, and can be set up", () => {
    fc.assert(
      fc.property(valid, (input) => {
        const config = parseConfig(stringify(input));
        assert.deepEqual(parseConfig(stringify(config)), config);
        assert.deepEqual(parseConfig(JSON.stringify(config)), config);
        const addresses = new Addresses(
          () => {},
          async () => [],
        );
        new Router(JSON.stringify(input), new Metrics(), addresses).close();
      }),
      { seed, numRuns: 100 },
    );
  });

  it("with something else in any place is right, or wrong in one line", () => {
    const places = (node: unknown): PropertyKey[][] =>
      typeof node !== "object" || node === null
        ? [[]]
        : [
            [],
            ...Object.entries(node).flatMap(([key, value]) =>
              places(value).map((path) => [key, ...path]),
            ),
          ];
    const changed = (node: unknown, [key, ...path]: PropertyKey[], by: unknown): unknown => {
      if (key === undefined) return by;
      const copy = (Array.isArray(node) ? [...node] : { ...(node as object) }) as Record<
        PropertyKey,
        unknown
      >;
      copy[key] = changed(copy[key], path, by);
      return copy;
    };
    const other = fc.oneof(
      fc.constantFrom<unknown>(undefined, null, "", -1, 0, 1e9, [], {}, "a\nb\u2028c", ["x"]),
      fc.constantFrom<unknown>(Number.NaN, Infinity, "\u0000", "__proto__", { __proto__x: 1 }),
      fc.anything({ maxDepth: 1 }),
    );
    let refused = 0;
    fc.assert(
      fc.property(valid, other, fc.nat(), (config, by, index) => {
        const all = places(config);
        const place = all[index % all.length] as PropertyKey[];
        let text: string;
        try {
          text = stringify(changed(config, place, by)) ?? "";
        } catch {
          return;
        }
        try {
          parseConfig(text);
        } catch (error) {
          refused++;
          assert.ok(error instanceof ConfigError, String(error));
          assert.match(error.message, /^.{10,400}$/);
        }
      }),
      { seed, numRuns: 600 },
    );
    assert.ok(refused > 180, String(refused));
  });
});
