import { NAMESPACE, PORTS, REGISTRY_HOST } from "../../apps/shop/names.ts";
import type { ShopSettings } from "../../apps/shop/settings.ts";
import type { ProbeInput, WorkloadRef } from "../../stacks/outputs.ts";
import { FAILING_PRODUCT, PRODUCT, USER } from "./names.ts";
import { outside } from "./requests.ts";
import type { ScenarioName } from "./scenarios.ts";
import { shown, signedIn } from "./signed-in.ts";

const registry: WorkloadRef = { namespace: NAMESPACE, workload: "registry" };

const products = outside(`/catalog/products/${PRODUCT}`);
/** That many requests for the product, counted by a header field of their answers. */
const many = (times: number, by?: string) => ({
  ...products,
  request: { ...products.request, tally: { times, by } },
  timeoutSeconds: 30,
});
const failing = outside(`/catalog/products/${FAILING_PRODUCT}`);
const reset = outside("/mesh/reset/catalog", "POST");
const closed = String.raw`.*"catalog":\{"state":"closed","failures":0,.*`;

/** What the shop is for, in an order: each needs what the one before has left. */
const core: ProbeInput[] = [
  {
    name: "the gateway leads to the catalog",
    ...products,
    expect: { status: 200, contains: PRODUCT },
  },
  {
    name: "the registry knows a healthy replica of each service",
    ...outside("/discovery", "GET", REGISTRY_HOST),
    expect: {
      status: 200,
      matches: String.raw`.*"catalog":\[\{.*"cart":\[\{.*"order":\[\{.*`,
    },
  },
  {
    name: "an unknown product is an answer",
    ...outside("/catalog/products/p-0"),
    expect: { status: 404, contains: "p-0" },
  },
  {
    name: "a product goes into a cart, after a look at the catalog",
    ...outside(`/cart/${USER}/add?product_id=${PRODUCT}&quantity=2`, "POST"),
    expect: { status: 200, contains: PRODUCT },
  },
  {
    name: "an order is made of the cart, priced by the catalog",
    ...outside(`/order/create?user_id=${USER}`, "POST"),
    expect: { status: 201, contains: PRODUCT },
  },
  {
    name: "the order has emptied the cart",
    ...outside(`/cart/${USER}`),
    expect: { status: 200, contains: "[]" },
  },
  {
    name: "all circuits are closed",
    ...outside("/mesh/status"),
    expect: { status: 200, matches: closed },
  },
  {
    name: "a pod finds the gateway by its Service",
    from: registry,
    request: { kind: "http", url: `http://gateway:${PORTS.gateway}/health` },
    expect: { status: 200 },
  },
];

/** The catalog's replicas take turns. */
const balanced = (settings: ShopSettings): ProbeInput => {
  const replicas = settings.services.find(({ name }) => name === "catalog")?.replicas ?? 1;
  const turns = 20;
  return {
    name: "the catalog's replicas take turns",
    ...many(turns * replicas, "x-replica-id"),
    // A replica that was left out by another request may miss a turn.
    expect: { spread: { values: replicas, least: turns - 2 } },
  };
};

const failed = (nth: string): ProbeInput => ({
  name: `the failing product fails, the ${nth} time`,
  ...failing,
  expect: { status: 500 },
});

/** From a circuit that is closed, whatever was asked before, to one that is open and closed by hand. */
const breaking: ProbeInput[] = [
  { name: "the circuit is closed by hand", ...reset, expect: { status: 200, contains: "closed" } },
  { name: "others are well", ...products, expect: { status: 200 } },
  {
    name: "an unknown product opens nothing",
    ...outside("/catalog/products/p-0"),
    expect: { status: 404 },
  },
  failed("first"),
  failed("second"),
  failed("third"),
  {
    name: "the circuit is open: nobody is asked any more",
    ...products,
    expect: { status: 503, contains: "the circuit is open" },
  },
  {
    name: "the gateway says so",
    ...outside("/mesh/status"),
    expect: { status: 200, matches: String.raw`.*"catalog":\{"state":"open","failures":3,.*` },
  },
  { name: "other services are well", ...outside(`/cart/${USER}`), expect: { status: 200 } },
  { name: "closed by hand, it's open for business", ...reset, expect: { status: 200 } },
  { name: "the catalog answers again", ...products, expect: { status: 200 } },
];

const late = (nth: string): ProbeInput => ({
  name: `nobody waits for longer than 2 s, the ${nth} time`,
  ...products,
  expect: { status: 504 },
});

const slow: ProbeInput[] = [
  { name: "the circuit is closed by hand", ...reset, expect: { status: 200 } },
  late("first"),
  late("second"),
  late("third"),
  {
    name: "then nobody waits at all",
    ...products,
    expect: { status: 503, contains: "the circuit is open" },
    timeoutSeconds: 1,
  },
  { name: "what needs no catalog is well", ...outside(`/cart/${USER}`), expect: { status: 200 } },
];

const killed: ProbeInput[] = [
  {
    name: "no request fails, whoever dies",
    ...many(60),
    expect: { shares: { "200": [60, 60] } },
  },
  {
    name: "its circuit has seen no failure",
    ...outside("/mesh/status"),
    expect: { status: 200, matches: closed },
  },
];

const split: ProbeInput = {
  name: "of a hundred requests ten go to the new version",
  ...many(100, "x-version"),
  expect: { shares: { v1: [88, 92], v2: [8, 12] } },
};

/** @param settings as the scenario has changed them */
export function probesOf(scenario: ScenarioName, settings: ShopSettings): ProbeInput[] {
  const probes: Record<ScenarioName, ProbeInput[]> = {
    open: [...core, balanced(settings)],
    "catalog-failing": breaking,
    "catalog-slow": slow,
    "replica-killed": killed,
    canary: [...core, split],
    "signed-in": core,
  };
  const { required } = settings.auth;
  return [
    ...(required ? probes[scenario].map(shown) : probes[scenario]),
    ...(scenario === "signed-in" ? signedIn : []),
  ];
}
