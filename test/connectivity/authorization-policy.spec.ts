import assert from "node:assert/strict";
import fc from "fast-check";
import { compile, type InboundMesh } from "../../micromesh/connectivity/index.ts";
import type { Decision, HttpRequest, MeshSource } from "../../micromesh/connectivity/model.ts";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { authorizationPolicy, istio, lines, pod, problems, world } from "./world.ts";

const web = pod("a/web", { app: "web" });
const client: MeshSource = { ip: "10.244.7.7", principal: "cluster.local/ns/b/sa/client" };
const plaintext: MeshSource = { ip: "10.244.7.7" };
const destination = { ip: web.ips[0] ?? "", port: 80 };
const get = (path = "/", rest: Partial<HttpRequest> = {}): HttpRequest => ({
  method: "GET",
  path,
  host: "web",
  headers: {},
  ...rest,
});

function inbound(...policies: KubernetesObject[]): InboundMesh {
  assert.deepEqual(problems(...policies), []);
  return sidecar(...policies);
}
function sidecar(...policies: KubernetesObject[]): InboundMesh {
  const found = compile(world(istio, ...policies)).inbound(web, 80);
  assert.ok(found);
  return found;
}
const policy = (spec: object, path = "a/p") => authorizationPolicy(path, spec);
const allow = (...rules: object[]) => policy({ rules });
const deny = (...rules: object[]) => policy({ action: "DENY", rules }, "a/no");

/** Whether the request from `source` passes; a TCP connection where there is no request. */
function passes(
  of: KubernetesObject,
  source = client,
  http: HttpRequest | undefined = get(),
  to = destination,
) {
  return inbound(of).authorize(source, to, http).allowed;
}
const overTcp = (of: KubernetesObject, source = client, to = destination) =>
  inbound(of).authorize(source, to).allowed;

describe("AuthorizationPolicy", () => {
  describe("actions", () => {
    it("without any: everything is allowed", () => {
      const decision = inbound().authorize(plaintext, destination);
      assert.deepEqual(
        [decision.allowed, lines(decision)],
        [true, ["no AuthorizationPolicy with ALLOW applies"]],
      );
    });
    it("an empty spec allows nothing", () => {
      assert.equal(passes(policy({})), false);
      assert.equal(passes(authorizationPolicy("a/p", undefined)), false);
      assert.deepEqual(lines(inbound(policy({})).authorize(client, destination)), [
        "AuthorizationPolicy a/p: has no rules, so it allows nothing",
      ]);
    });
    it("an empty rule matches everything", () => {
      assert.equal(passes(allow({})), true);
      assert.equal(passes(deny({})), false);
    });
    it("DENY alone leaves the rest open; with ALLOW it wins", () => {
      const no = deny({ to: [{ operation: { paths: ["/admin"] } }] });
      assert.deepEqual([passes(no), passes(no, client, get("/admin"))], [true, false]);
      const both = inbound(no, allow({}));
      assert.equal(both.authorize(client, destination, get("/admin")).allowed, false);
      assert.equal(both.authorize(client, destination, get("/")).allowed, true);
    });
    it("ALLOW adds up over policies and rules", () => {
      const methods = (...names: string[]) => ({ to: [{ operation: { methods: names } }] });
      const of = inbound(
        allow(methods("GET"), methods("PUT")),
        policy({ rules: [methods("POST")] }, "a/q"),
      );
      const passed = ["GET", "PUT", "POST", "DELETE"].map(
        (method) => of.authorize(client, destination, get("/", { method })).allowed,
      );
      assert.deepEqual(passed, [true, true, true, false]);
    });
    it("AUDIT decides nothing", () => {
      assert.equal(passes(policy({ action: "AUDIT", rules: [{}] })), true);
    });
    it("a dry run decides nothing, and tells what it would have denied", () => {
      const dry = deny({});
      dry.metadata.annotations = { "istio.io/dry-run": "true" };
      const decision = inbound(dry).authorize(client, destination);
      assert.equal(decision.allowed, true);
      assert.match(lines(decision).join(), /a\/no spec.rules\[0\]: dry run only: denies TCP 80/);
      const dryAllow = policy({});
      dryAllow.metadata.annotations = { "istio.io/dry-run": "T" };
      assert.equal(passes(dryAllow), true);
      const real = policy({});
      real.metadata.annotations = { "istio.io/dry-run": "yes" };
      assert.equal(passes(real), false);
    });
  });

  describe("scope", () => {
    const rules = [{}];
    it("is the policy's namespace, and every one for the root namespace", () => {
      assert.equal(passes(policy({ action: "DENY", rules }, "b/no")), true);
      assert.equal(passes(policy({ action: "DENY", rules }, "istio-system/no")), false);
    });
    it("narrows to what the selector selects", () => {
      const selected = (app: string, path: string) =>
        passes(policy({ action: "DENY", rules, selector: { matchLabels: { app } } }, path));
      assert.deepEqual([selected("web", "a/no"), selected("other", "a/no")], [false, true]);
      assert.deepEqual(
        [selected("web", "istio-system/no"), selected("other", "istio-system/no")],
        [false, true],
      );
    });
    it("leaves sidecars out where it has targetRefs", () => {
      assert.equal(
        passes(policy({ action: "DENY", rules, targetRefs: [{ kind: "Gateway", name: "g" }] })),
        true,
      );
    });
  });

  describe("sources", () => {
    const from = (source: object, who = client, http = get()) =>
      passes(allow({ from: [{ source }] }), who, http);
    it("principals: exact, prefix, suffix, presence; never over plaintext", () => {
      for (const pattern of [
        "cluster.local/ns/b/sa/client",
        "cluster.local/ns/b/*",
        "*/sa/client",
        "*",
      ]) {
        assert.deepEqual(
          [from({ principals: [pattern] }), from({ principals: [pattern] }, plaintext)],
          [true, false],
          pattern,
        );
      }
      assert.equal(from({ principals: ["cluster.local/ns/b/sa/clien"] }), false);
      assert.equal(
        from({ principals: ["cluster.local/ns/*/sa/client"] }),
        false,
        "one wildcard, at an end",
      );
    });
    it("principals in cluster.local mean the mesh's own trust domain", () => {
      const settings = {
        ...istio,
        mesh: { rootNamespace: "istio-system", trustDomain: "td.example" },
      };
      const of = compile(
        world(
          settings,
          allow({ from: [{ source: { principals: ["cluster.local/ns/b/sa/client"] } }] }),
        ),
      );
      const who = (principal: string) =>
        of.inbound(web, 80)?.authorize({ ip: client.ip, principal }, destination).allowed;
      assert.deepEqual(
        [who("td.example/ns/b/sa/client"), who("other.example/ns/b/sa/client")],
        [true, false],
      );
    });
    it("notPrincipals let plaintext through, which has none", () => {
      const notPrincipals = ["cluster.local/ns/b/sa/client"];
      assert.deepEqual(
        [from({ notPrincipals }), from({ notPrincipals }, plaintext)],
        [false, true],
      );
    });
    it("namespaces: with wildcards anywhere", () => {
      const who = { ...client, principal: "cluster.local/ns/team-b-prod/sa/client" };
      for (const [pattern, matches] of [
        ["team-b-prod", true],
        ["team-*", true],
        ["*-prod", true],
        ["t*b*d", true],
        ["team", false],
        ["*-b", false],
      ] as const) {
        assert.equal(from({ namespaces: [pattern] }, who), matches, pattern);
      }
      assert.deepEqual(
        [
          from({ namespaces: ["b"] }, plaintext),
          from({ notNamespaces: ["b"] }, plaintext),
          from({ notNamespaces: ["b"] }),
        ],
        [false, true, false],
      );
    });
    it("service accounts: in the policy's namespace unless they name one", () => {
      const local = { ...client, principal: "cluster.local/ns/a/sa/client" };
      assert.deepEqual(
        [from({ serviceAccounts: ["client"] }, local), from({ serviceAccounts: ["client"] })],
        [true, false],
      );
      assert.deepEqual(
        [from({ serviceAccounts: ["b/client"] }), from({ serviceAccounts: ["b/clien"] })],
        [true, false],
      );
      assert.deepEqual(
        [from({ notServiceAccounts: ["b/client"] }), from({ notServiceAccounts: ["b/other"] })],
        [false, true],
      );
    });
    it("trust domains", () => {
      for (const [pattern, matches] of [
        ["cluster.local", true],
        ["cluster.*", true],
        ["*.local", true],
        ["*", true],
        ["cluster", false],
      ] as const) {
        assert.equal(from({ trustDomains: [pattern] }), matches, pattern);
      }
      assert.equal(from({ trustDomains: ["*"] }, plaintext), false);
    });
    it("ipBlocks are the direct peer's, remoteIpBlocks the first client's", () => {
      assert.deepEqual(
        [
          from({ ipBlocks: ["10.244.0.0/16"] }),
          from({ ipBlocks: ["10.244.7.8"] }),
          from({ notIpBlocks: ["10.244.7.7"] }),
        ],
        [true, false, false],
      );
      const forwarded = get("/", { headers: { "x-forwarded-for": "198.51.100.1, 203.0.113.7" } });
      assert.deepEqual(
        [
          from({ remoteIpBlocks: ["203.0.113.0/24"] }, client, forwarded),
          from({ remoteIpBlocks: ["198.51.100.0/24"] }, client, forwarded),
        ],
        [true, false],
      );
      assert.deepEqual(
        [
          from({ remoteIpBlocks: ["10.244.7.7"] }),
          from({ ipBlocks: ["203.0.113.0/24"] }, client, forwarded),
        ],
        [true, false],
      );
    });
    it("requestPrincipals never match, since nobody validates a JWT", () => {
      assert.deepEqual(
        [from({ requestPrincipals: ["*"] }), from({ notRequestPrincipals: ["*"] })],
        [false, true],
      );
    });
    it("fields are ANDed, sources ORed", () => {
      assert.equal(from({ namespaces: ["b"], ipBlocks: ["203.0.113.0/24"] }), false);
      assert.equal(
        passes(
          allow({ from: [{ source: { namespaces: ["x"] } }, { source: { namespaces: ["b"] } }] }),
        ),
        true,
      );
    });
  });

  describe("operations", () => {
    const to = (operation: object, request = get()) =>
      passes(allow({ to: [{ operation }] }), client, request);
    it("methods and hosts, the latter in any case and with the port as sent", () => {
      assert.deepEqual(
        [
          to({ methods: ["GET"] }),
          to({ methods: ["get"] }),
          to({ methods: ["G*"] }),
          to({ notMethods: ["GET"] }),
        ],
        [true, false, true, false],
      );
      const host = (pattern: string, sent: string) =>
        to({ hosts: [pattern] }, get("/", { host: sent }));
      assert.deepEqual(
        [
          host("WEB.example", "web.Example"),
          host("*.example", "web.example"),
          host("web.example", "web.example:80"),
          host("web.example:*", "web.example:80"),
          host("*", "x"),
        ],
        [true, true, false, true, true],
      );
      assert.equal(to({ notHosts: ["web"] }), false);
      assert.equal(host("*", ""), false);
    });
    it("paths: exact, prefix, suffix; without query; as normalised", () => {
      const path = (pattern: string, sent: string) => to({ paths: [pattern] }, get(sent));
      for (const [pattern, sent, matches] of [
        ["/a", "/a", true],
        ["/a", "/a?b=1", true],
        ["/a", "/a/", false],
        ["/a*", "/abc", true],
        ["*.txt", "/x.txt", true],
        ["*", "/", true],
        ["/admin", "/public/../admin", true],
        ["/admin", "/%61dmin", true],
        ["/public/*", "/public/../admin", false],
      ] as const) {
        assert.equal(path(pattern, sent), matches, `${pattern} ${sent}`);
      }
      assert.equal(to({ notPaths: ["/admin*"] }, get("/x/../admin")), false);
    });
    it("path templates, as the API reference has them", () => {
      for (const [pattern, sent, matches] of [
        ["/foo/{*}", "/foo/bar", true],
        ["/foo/{*}", "/foo/bar/baz", false],
        ["/foo/{*}", "/foo/", false],
        ["/foo/{**}/", "/foo/bar/", true],
        ["/foo/{**}/", "/foo/bar/baz.txt/", true],
        ["/foo/{**}/", "/foo//", true],
        ["/foo/{**}/", "/foo/bar", false],
        ["/foo/{*}/bar/{**}", "/foo/buzz/bar/", true],
        ["/foo/{*}/bar/{**}", "/foo/buzz/bar/baz", true],
        ["/a.b/{*}", "/aXb/c", false],
      ] as const) {
        assert.equal(to({ paths: [pattern] }, get(sent)), matches, `${pattern} ${sent}`);
      }
    });
    it("ports", () => {
      assert.deepEqual(
        [to({ ports: ["80"] }), to({ ports: ["81"] }), to({ notPorts: ["80"] })],
        [true, false, false],
      );
    });
    it("fields are ANDed, operations ORed, and both with the source", () => {
      assert.equal(to({ methods: ["GET"], paths: ["/x"] }), false);
      const rule = {
        from: [{ source: { namespaces: ["b"] } }],
        to: [{ operation: { methods: ["PUT"] } }, { operation: { methods: ["GET"] } }],
      };
      assert.equal(passes(allow(rule)), true);
      assert.equal(passes(allow({ ...rule, from: [{ source: { namespaces: ["c"] } }] })), false);
    });
  });

  describe("conditions", () => {
    const when = (key: string, values?: string[], notValues?: string[], request = get()) =>
      passes(allow({ when: [{ key, values, notValues }] }), client, request);
    const cases: [key: string, yes: string, no: string][] = [
      ["source.ip", "10.244.7.0/24", "10.0.0.1"],
      ["remote.ip", "10.244.7.7", "10.0.0.1"],
      ["source.namespace", "b", "a"],
      ["source.principal", "*/sa/client", "*/sa/other"],
      ["source.serviceAccount", "b/client", "client"],
      ["source.trustDomain", "cluster.local", "td"],
      ["destination.ip", `${destination.ip}/32`, "10.0.0.1"],
      ["destination.port", "80", "81"],
      ["request.headers[X-Team]", "r*", "blue"],
      ["request.headers[:method]", "GET", "PUT"],
    ];
    for (const [key, yes, no] of cases) {
      it(key, () => {
        const request = get("/", { headers: { "x-team": "red" } });
        assert.deepEqual(
          [
            when(key, [yes], undefined, request),
            when(key, [no], undefined, request),
            when(key, [no, yes], undefined, request),
          ],
          [true, false, true],
        );
        assert.deepEqual(
          [when(key, undefined, [yes], request), when(key, undefined, [no], request)],
          [false, true],
        );
      });
    }
    it("a header that's absent has no value, and none of the notValues", () => {
      assert.deepEqual(
        [when("request.headers[x]", ["*"]), when("request.headers[x]", undefined, ["a"])],
        [false, true],
      );
      assert.equal(
        when("request.headers[x]", ["*"], undefined, get("/", { headers: { x: "" } })),
        true,
      );
    });
    it("what nobody provides is absent", () => {
      for (const key of [
        "connection.sni",
        "request.auth.claims[group]",
        "request.auth.principal",
      ]) {
        assert.deepEqual([when(key, ["*"]), when(key, undefined, ["a"])], [false, true], key);
      }
    });
    it("are all to hold", () => {
      const conditions = [
        { key: "source.namespace", values: ["b"] },
        { key: "destination.port", values: ["81"] },
      ];
      assert.equal(passes(allow({ when: conditions })), false);
    });
  });

  describe("on TCP, where HTTP attributes are absent", () => {
    const paths = { to: [{ operation: { paths: ["/x"], ports: ["80"] } }] };
    it("an ALLOW rule that uses one never matches, whatever its other items ask", () => {
      assert.equal(overTcp(allow(paths)), false);
      assert.equal(
        overTcp(
          allow({ to: [{ operation: { methods: ["GET"] } }, { operation: { ports: ["80"] } }] }),
        ),
        false,
      );
      assert.equal(overTcp(allow(paths, { to: [{ operation: { ports: ["80"] } }] })), true);
      assert.equal(overTcp(allow({ to: [{ operation: { notPaths: ["/x"] } }] })), false);
    });
    it("a DENY rule denies as if it didn't ask for it", () => {
      assert.equal(overTcp(deny(paths)), false);
      assert.equal(overTcp(deny(paths), client, { ...destination, port: 81 }), true);
      assert.equal(overTcp(deny({ to: [{ operation: { notMethods: ["GET"] } }] })), false);
      assert.equal(overTcp(deny({ when: [{ key: "request.headers[x]", values: ["1"] }] })), false);
      assert.equal(overTcp(deny({ from: [{ source: { namespaces: ["c"] } }], ...paths })), true);
    });
    it("needsHttp tells that requests must be looked at", () => {
      assert.deepEqual(
        [inbound(allow(paths)).needsHttp, inbound(allow({})).needsHttp, inbound().needsHttp],
        [true, false, false],
      );
      const when = [{ key: "request.headers[x]", values: ["1"] }];
      assert.equal(inbound(deny({ when })).needsHttp, true);
      assert.equal(
        inbound(deny({ from: [{ source: { remoteIpBlocks: ["10.0.0.0/8"] } }] })).needsHttp,
        false,
      );
      assert.equal(inbound(policy({ action: "AUDIT", rules: [paths] })).needsHttp, false);
    });
  });

  describe("reasons", () => {
    const because = (of: KubernetesObject, source = client, http?: HttpRequest): string =>
      lines(inbound(of).authorize(source, destination, http)).join();
    it("name the rule that decides", () => {
      assert.equal(
        because(allow({ to: [{ operation: { ports: ["81"] } }] }, {})),
        "AuthorizationPolicy a/p spec.rules[1]: allows TCP 80 from cluster.local/ns/b/sa/client",
      );
      assert.equal(
        because(deny({}), plaintext, get("/x")),
        "AuthorizationPolicy a/no spec.rules[0]: denies GET /x from 10.244.7.7 without identity",
      );
    });
    it("name what plaintext and TCP lack", () => {
      assert.equal(
        because(allow({ from: [{ source: { principals: ["*"] } }] }), plaintext),
        "AuthorizationPolicy a/p: allows only what its rules match, and none matches TCP 80 from 10.244.7.7 without identity; plaintext carries no identity that its rules could match",
      );
      assert.match(
        because(allow({ to: [{ operation: { paths: ["/"] } }] })),
        /rules that ask for HTTP attributes never match a TCP connection$/,
      );
    });
  });
});

describe("AuthorizationPolicies, on random requests", () => {
  const source = fc
    .record(
      {
        namespaces: fc.constantFrom(["b"], ["c"]),
        ipBlocks: fc.constantFrom(["10.244.0.0/16"], ["10.0.0.1"]),
      },
      { requiredKeys: [] },
    )
    .filter((one) => Object.keys(one).length > 0);
  const operation = fc
    .record(
      {
        methods: fc.constantFrom(["GET"], ["PUT"]),
        notPaths: fc.constantFrom(["/a*"], ["/b"]),
        ports: fc.constantFrom(["80"], ["81"]),
      },
      { requiredKeys: [] },
    )
    .filter((one) => Object.keys(one).length > 0);
  const rule = fc.record(
    {
      from: fc.array(fc.record({ source }), { minLength: 1, maxLength: 2 }),
      to: fc.array(fc.record({ operation }), { minLength: 1, maxLength: 2 }),
    },
    { requiredKeys: [] },
  );
  const rules = fc.array(rule, { minLength: 1, maxLength: 3 });
  const policies = fc
    .array(fc.tuple(fc.constantFrom("ALLOW", "DENY"), rules), { maxLength: 4 })
    .map((list) => list.map(([action, rules], i) => policy({ action, rules }, `a/p${i}`)));
  const traffic = fc.record({
    source: fc.constantFrom(client, plaintext),
    http: fc.option(fc.constantFrom(get("/a"), get("/b"), get("/c", { method: "PUT" })), {
      nil: undefined,
    }),
  });
  const decide = (
    of: KubernetesObject[],
    { source, http }: { source: MeshSource; http?: HttpRequest },
  ): Decision => inbound(...of).authorize(source, destination, http);

  it("DENY wins: what a DENY policy alone denies is denied beside any other", () => {
    fc.assert(
      fc.property(policies, traffic, (of, one) => {
        const denies = of.some(
          (single) => single.spec.action === "DENY" && !decide([single], one).allowed,
        );
        if (denies) assert.equal(decide(of, one).allowed, false);
      }),
      { numRuns: 500 },
    );
  });
  it("is allowed exactly when no DENY matches, and an ALLOW does or there is none", () => {
    fc.assert(
      fc.property(policies, traffic, (of, one) => {
        const alone = (action: string) =>
          of
            .filter(({ spec }) => spec.action === action)
            .map((single) => decide([single], one).allowed);
        const expected =
          alone("DENY").every(Boolean) &&
          (alone("ALLOW").length === 0 || alone("ALLOW").some(Boolean));
        assert.equal(decide(of, one).allowed, expected);
      }),
      { numRuns: 500 },
    );
  });
  it("the order of policies and rules plays no part", () => {
    fc.assert(
      fc.property(policies, traffic, (of, one) => {
        const reversed = of
          .map((single) => ({
            ...single,
            spec: { ...single.spec, rules: [...single.spec.rules].reverse() },
          }))
          .reverse();
        assert.equal(decide(reversed, one).allowed, decide(of, one).allowed);
      }),
      { numRuns: 300 },
    );
  });
});

describe("an AuthorizationPolicy that istiod would reject", () => {
  const source = (fields: object) => ({ rules: [{ from: [{ source: fields }] }] });
  const operation = (fields: object) => ({ rules: [{ to: [{ operation: fields }] }] });
  const when = (condition: object) => ({ rules: [{ when: [condition] }] });
  const cases: [spec: object, problem: string][] = [
    [{ action: "deny" }, 'spec.action is "deny"; write one of ALLOW, DENY, AUDIT, CUSTOM'],
    [
      { action: "CUSTOM", rules: [{}], provider: { name: "x" } },
      "spec.action is CUSTOM, which needs an external authorizer; use ALLOW or DENY",
    ],
    [{ provider: { name: "x" } }, "spec.provider is for CUSTOM only; remove it"],
    [
      { action: "DENY" },
      "spec.rules is missing, so DENY never triggers; write - {} to deny everything",
    ],
    [
      { selector: { matchLabels: { app: "*" } } },
      "spec.selector.matchLabels.app has a wildcard, which selectors don't take; write it out",
    ],
    [
      { selector: {}, targetRefs: [{}] },
      "spec.selector stands beside targetRefs; keep one of them",
    ],
    [{ rules: [{ from: [] }] }, "spec.rules[0].from is an empty list; remove it, or fill it"],
    [
      source({}),
      "spec.rules[0].from[0].source asks for nothing that is known; give one of principals, requestPrincipals, namespaces, serviceAccounts, ipBlocks, remoteIpBlocks, trustDomains",
    ],
    [
      source({ principal: ["x"] }),
      "spec.rules[0].from[0].source asks for nothing that is known; give one of principals, requestPrincipals, namespaces, serviceAccounts, ipBlocks, remoteIpBlocks, trustDomains",
    ],
    [
      source({ principals: [""] }),
      'spec.rules[0].from[0].source.principals[0] is empty; remove the item',
    ],
    [
      source({ ipBlocks: ["10.0.0"] }),
      'spec.rules[0].from[0].source.ipBlocks[0] is "10.0.0"; write an address or a block',
    ],
    [
      source({ notRemoteIpBlocks: ["x"] }),
      'spec.rules[0].from[0].source.notRemoteIpBlocks[0] is "x"; write an address or a block',
    ],
    [
      source({ serviceAccounts: ["a"], namespaces: ["b"] }),
      "spec.rules[0].from[0].source.serviceAccounts can't stand beside principals or namespaces",
    ],
    [
      source({ serviceAccounts: ["a/*"] }),
      'spec.rules[0].from[0].source.serviceAccounts[0] is "a/*"; write namespace/name, or a name',
    ],
    [
      source({ trustDomains: ["a*b"] }),
      'spec.rules[0].from[0].source.trustDomains[0] is "a*b"; write a trust domain, with one * at an end at most',
    ],
    [
      operation({ ports: ["http"] }),
      'spec.rules[0].to[0].operation.ports[0] is "http"; write a port',
    ],
    [
      operation({ ports: [80] }),
      "spec.rules[0].to[0].operation.ports[0] is 80; it must be text: put it in quotes",
    ],
    [
      operation({ paths: ["/{**}/foo/{*}"] }),
      'spec.rules[0].to[0].operation.paths[0] is "/{**}/foo/{*}"; {**} must be the last operator',
    ],
    [
      operation({ notPaths: ["/foo/{*}.txt"] }),
      'spec.rules[0].to[0].operation.notPaths[0] is "/foo/{*}.txt"; { and } may only stand as {*} or {**}, alone in their segment',
    ],
    [
      operation({ paths: ["/*/baz/{*}"] }),
      'spec.rules[0].to[0].operation.paths[0] is "/*/baz/{*}"; its segment "*" can\'t stand beside {*} or {**}',
    ],
    [
      when({ key: "source.nmespace", values: ["a"] }),
      'spec.rules[0].when[0].key is "source.nmespace", which is no attribute of Istio',
    ],
    [
      when({ key: "source.namespace" }),
      "spec.rules[0].when[0] has neither values nor notValues; give one",
    ],
    [
      when({ key: "destination.port", notValues: ["70000"] }),
      'spec.rules[0].when[0].notValues[0] is "70000"; write a port',
    ],
  ];
  for (const [spec, problem] of cases) {
    it(problem, () => {
      assert.ok(
        problems(policy(spec)).includes(problem),
        `got ${problems(policy(spec)).join("\n")}`,
      );
      assert.equal(sidecar(policy(spec)).authorize(client, destination).allowed, true, "no effect");
    });
  }
});
