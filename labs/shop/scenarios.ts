import type { ShopSettings } from "../../apps/shop/settings.ts";
import type { Faults } from "../../apps/shop/workloads.ts";
import type { Scenario } from "../scenario.ts";
import { FAILING_PRODUCT } from "./names.ts";
import { LAB_KEY } from "./tokens.ts";

/** What a scenario of this lab changes. */
export interface Change {
  /** What versions of the catalog do wrong on purpose. */
  faults?: Record<string, Faults>;
  /** What it makes of the shop's settings. */
  settings?(settings: ShopSettings): ShopSettings;
}

/** The waits between retries are for a person to read about, and not for a probe to sit through. */
const HASTY_SECONDS = 0.05;

const hasty = (settings: ShopSettings): ShopSettings => ({
  ...settings,
  mesh: { ...settings.mesh, retry: { ...settings.mesh.retry, backoff_seconds: HASTY_SECONDS } },
});

const withCatalog = (settings: ShopSettings, versions: Record<string, number>): ShopSettings => ({
  ...settings,
  services: settings.services.map((service) =>
    service.name === "catalog" ? { ...service, versions } : service,
  ),
});

/** What a second version of the catalog brings. */
const SECOND_VERSION = [
  "ConfigMap gateway-config-*",
  "Deployment gateway",
  "Deployment registry",
  "ConfigMap catalog-v2-source-*",
  "Deployment catalog-v2",
  "Service catalog-v2",
  "ServiceAccount catalog-v2",
];

export const scenarios = {
  open: {
    title: "The shop is open",
    teaches:
      "A mesh can live in the application: one gateway finds replicas in a registry, balances, retries and breaks circuits, and the services know of none of it.",
    symptom:
      "The shop sells: products, carts and orders answer, and three replicas of the catalog share the work.",
    hints: [
      "curl localhost:8080/catalog/products, and look at the headers X-Replica-ID and X-Response-Time.",
      "curl localhost:8081/services: who has registered, and how healthy is it?",
      "curl localhost:8080/mesh/status: each service's circuit.",
    ],
    explanation:
      "Services register themselves with their replicas, the gateway asks the registry where they are, and whatever a mesh does (balancing, retries, circuits) the gateway and the services' own calls do, by one library.",
    mend: "Nothing is broken. The other scenarios change one thing each.",
    changes: [],
    change: {},
  },
  "catalog-failing": {
    title: "One product of the catalog fails",
    teaches:
      "Three failures in a row open the circuit: from then on nobody waits for a service that can't answer, and others that are well aren't dragged down. An unknown product's 404 is an answer and opens nothing.",
    symptom:
      "One product can't be shown, and after three customers have tried nothing of the catalog can: 503, at once. Carts are well.",
    hints: [
      "curl -i localhost:8080/catalog/products/p-1, then p-9 three times, then p-1 again.",
      "curl localhost:8080/mesh/status: the catalog's circuit is open, with three failures.",
      "Which request fails by itself, and which only since the circuit is open? POST /mesh/reset/catalog and try p-9 alone.",
    ],
    explanation:
      "Product p-9 fails with 500, which is a failure of the service, unlike the 404 of an unknown product. Three of them in a row open the circuit of the whole catalog for 30 s, other products included: a circuit guards a service, it doesn't know products.",
    mend: "Mend the catalog (in the lab: leave the scenario), or close the circuit by hand: curl -X POST localhost:8080/mesh/reset/catalog.",
    changes: ["ConfigMap gateway-config-*", "Deployment gateway", "Deployment catalog-v1"],
    change: {
      faults: { v1: { products: { [FAILING_PRODUCT]: { status: 500 } } } },
      settings: hasty,
    },
  },
  "catalog-slow": {
    title: "The catalog is slower than anyone waits",
    teaches:
      "A timeout turns a service that is slow into one that fails, and the circuit does the rest: 504 three times, then 503 at once.",
    symptom:
      "The catalog's pages end in 504 after two seconds, a few times; then they end at once, in 503. Carts are well.",
    hints: [
      "Measure: curl -o /dev/null -w '%{http_code} %{time_total}\\n' localhost:8080/catalog/products, five times.",
      "The first ones take two seconds each: whose timeout is that?",
      "curl localhost:8080/mesh/status: after three of them the circuit is open.",
    ],
    explanation:
      "The catalog answers after five seconds, and nobody waits for longer than two: a timeout is a failure like any other, the third opens the circuit, and from then on callers are told at once.",
    mend: "Make the catalog faster; a longer timeout only has more people wait.",
    changes: ["ConfigMap gateway-config-*", "Deployment gateway", "Deployment catalog-v1"],
    change: {
      faults: { v1: { delayMs: 5000 } },
      settings: (settings) => ({
        ...settings,
        mesh: { ...settings.mesh, retry: { max_attempts: 0, backoff_seconds: 0 } },
      }),
    },
  },
  "replica-killed": {
    title: "Half of the catalog's replicas die at every fifth request",
    teaches:
      "Replicas die all the time, and nobody needs to notice: what one of them can't answer any more another one does, and who fails again and again is left out for a while.",
    symptom:
      "Customers notice nothing. The people on call do: pods of the catalog restart all the time.",
    hints: [
      "kubectl get pods -n shop, or curl localhost:8081/services: who was restarted, and how often?",
      "Call the catalog sixty times and count the statuses: do any requests fail?",
      "X-Replica-ID says who answers; the version v2 dies at every fifth request.",
    ],
    explanation:
      "A pod of v2 ends at its fifth request. A request that it took with it is tried again at another replica, for a GET may be; a replica that fails again and again is left out for a while. That is why nobody notices.",
    mend: "Roll v2 back: labs.shop.services, catalog, versions: {v1: 100}.",
    changes: SECOND_VERSION,
    change: {
      faults: { v2: { crashAfterRequests: 5 } },
      settings: (settings) => hasty(withCatalog(settings, { v1: 50, v2: 50 })),
    },
  },
  canary: {
    title: "One request in ten goes to the catalog's next version",
    teaches:
      "A new version is tried on a share of the requests: weights split them evenly, ten in a hundred, whatever the number of replicas.",
    symptom: "Every tenth customer sees another catalog.",
    hints: [
      "Call the catalog a hundred times and count the header X-Version.",
      "Two Deployments of the catalog run: kubectl get deploy -n shop.",
      "The gateway divides by weights: labs.shop.services, catalog, versions.",
    ],
    explanation:
      "v2 gets 10 of 100 requests by its weight, whatever number of replicas it has: a split by replicas would be one in four here.",
    mend: "Raise the weight step by step, or set it to 0 to roll back.",
    changes: SECOND_VERSION,
    change: { settings: (settings) => withCatalog(settings, { v1: 90, v2: 10 }) },
  },
  "signed-in": {
    title: "Users sign in, and see only what is their own",
    teaches:
      "A signed token says who asks, and each service checks it by itself, by a public key: the gateway only passes it on, so no service behind it takes anybody's word. 401 says that nobody knows who asks, 403 that it isn't theirs to have; neither is a failure of the service, so nothing is tried again, and no circuit opens.",
    symptom:
      "Carts and orders answer 401 to everybody, and to some who have signed in 403. The catalog is open to all.",
    hints: [
      "curl -i localhost:8080/cart/ada: the header www-authenticate says what is missing.",
      "Get a token: curl -X POST 'localhost:8080/auth/token?user_id=ada', and show it: -H 'Authorization: Bearer ...'.",
      "Ask for somebody else's cart with it: 403. Who decides that, the gateway or the cart?",
    ],
    explanation:
      "Cart and order check the token's signature by the issuer's public key, when it expires, for whom it is, and whose cart is asked for: 401 means that nobody knows who asks, 403 that it isn't theirs. Neither is a failure of the service, so no circuit opens.",
    mend: "Clients sign in: POST /auth/token, and send what they get.",
    changes: [
      "ConfigMap gateway-config-*",
      "Deployment gateway",
      "ConfigMap registry-config-*",
      "Deployment registry",
      "Deployment cart-v1",
      "Deployment order-v1",
      "ConfigMap auth-v1-source-*",
      "Deployment auth-v1",
      "Service auth-v1",
      "ServiceAccount auth-v1",
    ],
    change: {
      settings: (settings) => ({ ...settings, auth: { ...settings.auth, required: true } }),
    },
  },
} satisfies Record<string, Scenario<Change>>;

export type ScenarioName = keyof typeof scenarios;
export const scenarioNames = Object.keys(scenarios) as ScenarioName[];

export function settingsFor(name: ScenarioName, settings: ShopSettings): ShopSettings {
  const { change }: Scenario<Change> = scenarios[name];
  const own = change.settings?.(settings) ?? settings;
  return own.auth.required ? withLabKey(own) : own;
}

/** Where tokens are required, the probes have one too. */
function withLabKey(settings: ShopSettings): ShopSettings {
  const others = settings.auth.keys.filter(({ jwk }) => jwk.kid !== LAB_KEY.jwk.kid);
  return { ...settings, auth: { ...settings.auth, keys: [...others, LAB_KEY] } };
}
