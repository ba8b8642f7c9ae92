import type { ServiceName } from "../../apps/router/names.ts";
import type { RouterConfig } from "../../apps/router/router/config.ts";
import { routerConfig } from "../../apps/router/router/config.ts";
import { serviceAt } from "../../apps/router/routing.ts";
import { behaviourSettings } from "../../apps/router/service/behaviour.ts";
import type { RouterSettings } from "../../apps/router/settings.ts";

/** What the router and its services are like, and what can be seen of it. */
export interface Scenario {
  title: string;
  /** What it teaches, in one or two sentences. */
  teaches: string;
  /** What it changes in the settings. */
  change?(settings: RouterSettings): RouterSettings;
}

export const scenarioNames = [
  "open",
  "balancing",
  "a-slow",
  "b-flaky",
  "c-failing",
  "faults",
] as const;
export type ScenarioName = (typeof scenarioNames)[number];

/** As long as the circuit of a failing service stays open before a trial. */
const OPEN_SECONDS = 20;

export const scenarios: Record<ScenarioName, Scenario> = {
  open: {
    title: "The router leads to A, B and C",
    teaches:
      "One typed config says which path leads where. The services know nothing of the router; it finds their pods by name, and the trace of a request goes through both.",
  },
  balancing: {
    title: "Four ways to choose a pod",
    teaches:
      "Round robin is exactly fair, random and least request are fair on the average, and weights move what share you like.",
    change: (settings) => ({
      ...settings,
      routing: routerConfig.parse({
        services: {
          "round-robin": serviceAt("a"),
          random: serviceAt("a", { balancer: "random" }),
          "least-request": serviceAt("a", { balancer: "least-request" }),
          weighted: serviceAt("a", {
            endpoints: [
              { url: "http://a:8080", weight: 3 },
              { url: "http://b:8080", weight: 1 },
            ],
          }),
        },
        routes: ["round-robin", "random", "least-request", "weighted"].map((name) => ({
          path: `/${name}`,
          to: name,
        })),
      }),
    }),
  },
  "a-slow": {
    title: "A is slower than anyone waits",
    teaches:
      "Two timeouts guard a caller: one for each try, so that another pod may do better, and one for all tries, so that somebody answers at all. B is asked by the same router and isn't slower for it.",
    change: (settings) =>
      behaving(settings, "a", { delay_seconds: 3 }, (route) => ({
        ...route,
        timeout: { per_try_seconds: 0.4, overall_seconds: 1 },
      })),
  },
  "b-flaky": {
    title: "B fails at nearly every third request",
    teaches:
      "Retries turn a service that fails at random into one that hardly ever does, at the price of more requests. They do nothing for one that is down, and a budget keeps them from making it worse.",
    change: (settings) => {
      const flaky = behaving(settings, "b", { fail_percent: 30 }, (route) => ({
        ...route,
        retries: { ...route.retries, attempts: 5 },
      }));
      const { services, routes } = flaky.routing;
      const b = services.b as RouterConfig["services"][string];
      const [first] = routes.filter(({ to }) => to === "b");
      const once = { ...(first as RouterConfig["routes"][number]), name: "once", path: "/once" };
      return {
        ...flaky,
        routing: {
          services: {
            ...services,
            // It's about retries: neither circuit nor ejection is to come in between.
            b: {
              ...b,
              circuit_breaker: { ...b.circuit_breaker, failure_threshold: 1000 },
              outlier_detection: { ...b.outlier_detection, consecutive_errors: 1000 },
            },
          },
          routes: [...routes, { ...once, retries: { ...once.retries, attempts: 0 } }],
        },
      };
    },
  },
  "c-failing": {
    title: "C fails whatever it's asked",
    teaches:
      "A circuit opens after some failures in a row: from then on callers hear at once that C can't answer, and C is left alone until a trial says that it can. A and B have circuits of their own.",
    change: (settings) => {
      const failing = behaving(settings, "c", { fail_percent: 100 });
      const { services, routes } = failing.routing;
      const c = services.c as RouterConfig["services"][string];
      // A circuit of its own, which is forgotten when another scenario comes.
      const circuit_breaker = { ...c.circuit_breaker, timeout_seconds: OPEN_SECONDS };
      return {
        ...failing,
        routing: { routes, services: { ...services, c: { ...c, circuit_breaker } } },
      };
    },
  },
  faults: {
    title: "The router delays and refuses on purpose",
    teaches:
      "Faults at the router show how callers take them, without a change of any service: the services never hear of the requests that are refused.",
    change: (settings) => ({
      ...settings,
      routing: {
        ...settings.routing,
        routes: settings.routing.routes.map((route) => ({
          ...route,
          faults: faultsOf[String(route.to)] ?? {},
        })),
      },
    }),
  },
};

const faultsOf: Record<string, RouterConfig["routes"][number]["faults"]> = {
  a: { abort: { percent: 50, status: 503 } },
  b: { abort: { percent: 100, status: 418 } },
  c: { delay: { percent: 100, seconds: 0.3 } },
};

/** One service behaves like this, and the routes to it are changed. */
function behaving(
  settings: RouterSettings,
  name: ServiceName,
  behaviour: Parameters<typeof behaviourSettings.parse>[0] & object,
  change: (route: RouterConfig["routes"][number]) => RouterConfig["routes"][number] = (one) => one,
): RouterSettings {
  return {
    ...settings,
    behaviour: { ...settings.behaviour, [name]: behaviourSettings.parse(behaviour) },
    routing: {
      ...settings.routing,
      routes: settings.routing.routes.map((route) => (route.to === name ? change(route) : route)),
    },
  };
}

export function settingsFor(name: ScenarioName, settings: RouterSettings): RouterSettings {
  return scenarios[name].change?.(settings) ?? settings;
}
