import type { ShopSettings } from "../../apps/shop/settings.ts";
import type { Faults } from "../../apps/shop/workloads.ts";
import { FAILING_PRODUCT } from "./names.ts";
import { LAB_KEY } from "./tokens.ts";

/** What the shop is like, and what can be seen of it. */
export interface Scenario {
  title: string;
  /** What it teaches, in one or two sentences. */
  teaches: string;
  /** What versions of the catalog do wrong on purpose. */
  faults?: Record<string, Faults>;
  /** What it changes in the shop's settings. */
  change?(settings: ShopSettings): ShopSettings;
}

export const scenarioNames = [
  "open",
  "catalog-failing",
  "catalog-slow",
  "replica-killed",
  "canary",
  "signed-in",
] as const;
export type ScenarioName = (typeof scenarioNames)[number];

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

export const scenarios: Record<ScenarioName, Scenario> = {
  open: {
    title: "The shop is open",
    teaches:
      "A mesh can live in the application: one gateway finds replicas in a registry, balances, retries and breaks circuits, and the services know of none of it.",
  },
  "catalog-failing": {
    title: "One product of the catalog fails",
    teaches:
      "Three failures in a row open the circuit: from then on nobody waits for a service that can't answer, and others that are well aren't dragged down. An unknown product's 404 is an answer and opens nothing.",
    faults: { v1: { products: { [FAILING_PRODUCT]: { status: 500 } } } },
    change: hasty,
  },
  "catalog-slow": {
    title: "The catalog is slower than anyone waits",
    teaches:
      "A timeout turns a service that is slow into one that fails, and the circuit does the rest: 504 three times, then 503 at once.",
    faults: { v1: { delayMs: 5000 } },
    change: (settings) => ({
      ...settings,
      mesh: { ...settings.mesh, retry: { max_attempts: 0, backoff_seconds: 0 } },
    }),
  },
  "replica-killed": {
    title: "Half of the catalog's replicas die at every fifth request",
    teaches:
      "Replicas die all the time, and nobody needs to notice: what one of them can't answer any more another one does, and who fails again and again is left out for a while.",
    faults: { v2: { crashAfterRequests: 5 } },
    change: (settings) => hasty(withCatalog(settings, { v1: 50, v2: 50 })),
  },
  canary: {
    title: "One request in ten goes to the catalog's next version",
    teaches:
      "A new version is tried on a share of the requests: weights split them evenly, ten in a hundred, whatever the number of replicas.",
    change: (settings) => withCatalog(settings, { v1: 90, v2: 10 }),
  },
  "signed-in": {
    title: "Users sign in, and see only what is their own",
    teaches:
      "A signed token says who asks, and each service checks it by itself, by a public key: the gateway only passes it on, so no service behind it takes anybody's word. 401 says that nobody knows who asks, 403 that it isn't theirs to have; neither is a failure of the service, so nothing is tried again, and no circuit opens.",
    change: (settings) => ({ ...settings, auth: { ...settings.auth, required: true } }),
  },
};

export function settingsFor(name: ScenarioName, settings: ShopSettings): ShopSettings {
  const own = scenarios[name].change?.(settings) ?? settings;
  return own.auth.required ? withLabKey(own) : own;
}

/** Where tokens are required, the probes have one too. */
function withLabKey(settings: ShopSettings): ShopSettings {
  const others = settings.auth.keys.filter(({ jwk }) => jwk.kid !== LAB_KEY.jwk.kid);
  return { ...settings, auth: { ...settings.auth, keys: [...others, LAB_KEY] } };
}
