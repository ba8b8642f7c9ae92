import type { ServiceName } from "../../apps/router/names.ts";
import type { RouterConfig } from "../../apps/router/router/config.ts";
import { routerConfig } from "../../apps/router/router/config.ts";
import { serviceAt } from "../../apps/router/routing.ts";
import { behaviourSettings } from "../../apps/router/service/behaviour.ts";
import type { RouterSettings } from "../../apps/router/settings.ts";
import type { Scenario } from "../scenario.ts";

/** What a scenario makes of the settings. */
export type Change = (settings: RouterSettings) => RouterSettings;

/** As long as the circuit of a failing service stays open before a trial. */
const OPEN_SECONDS = 20;

export const scenarios = {
  open: {
    title: "The router leads to A, B and C",
    teaches:
      "One typed config says which path leads where. The services know nothing of the router; it finds their pods by name, and the trace of a request goes through both.",
    symptom: "Every path answers, each from the service that it should.",
    hints: [
      "curl -i -H 'Host: mesh.local' localhost:8080/nginx: the header x-service says who answered.",
      "Call /any ten times and count x-service: the split is in the routes.",
      "curl localhost:8081/router/status shows the router's view of its services.",
    ],
    explanation:
      "The router's config names services, the addresses that they're found by, and routes with what is done about failures. It resolves the headless Services' names to pods itself, so it's the router that balances, not the cluster.",
    mend: "Nothing is broken. The other scenarios change one thing each.",
    changes: [],
    change: (settings) => settings,
  },
  balancing: {
    title: "Four ways to choose a pod",
    teaches:
      "Round robin is exactly fair, random and least request are fair on the average, and weights move what share you like.",
    symptom:
      "Nothing fails, but some pods do more than others, and nobody can say whether that is meant.",
    hints: [
      "Call each of /round-robin, /random, /least-request and /weighted twenty times and count the header x-replica-id.",
      "Exactly equal counts, nearly equal ones, and three to one: which path has which?",
      "Read `balancer` and `weight` in the routes: kubectl get configmap router-config -o yaml, or npx micromesh render.",
    ],
    explanation:
      "Round robin takes turns. Random and least request (of two pods taken at random the one with fewer requests) are fair on the average only. Weights divide between endpoints, whatever pods are behind them.",
    mend: "Choose the balancer by what the pods are like: equal ones take turns well, requests of very different length want least request.",
    changes: ["ConfigMap router-config"],
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
    symptom: "/nginx ends in 504 after a second, each time. /flask and /c are as quick as ever.",
    hints: [
      "Measure: curl -o /dev/null -w '%{http_code} %{time_total}\\n' -H 'Host: mesh.local' localhost:8080/nginx.",
      "Is it the router or the service? Ask A itself, from another pod: http://a:8080/ takes three seconds.",
      "Compare A's three seconds with per_try_seconds and overall_seconds of its route.",
    ],
    explanation:
      "A answers after three seconds. A try is given up after 0.4 s and another pod is tried, which is no quicker; after a second the overall timeout answers 504. B's requests go through the same router and don't wait in any line with A's.",
    mend: "Make A faster, or give its route a timeout that it can meet: labs.router.routing in the stack's config.",
    changes: ["ConfigMap router-config", "Deployment a"],
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
    symptom:
      "/once fails nearly every third time with 500. /flask, which leads to the same service, hardly ever does.",
    hints: [
      "Call both paths sixty times and count the statuses.",
      "The header x-upstream-attempts says how often the router asked B for one answer: which path has ever more than 1?",
      "Compare `retries.attempts` of the two routes, and B's own behaviour: fail_percent.",
    ],
    explanation:
      "B fails 30 % of its requests at random. The route of /flask tries up to five times more, so that only 0.3^6 of the requests fail, for some 43 % more requests to B; /once tries nothing again.",
    mend: "Mend B. Until then retries hide it, as long as it fails at random and requests may be repeated.",
    changes: ["ConfigMap router-config", "Deployment b"],
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
    symptom:
      "/c answers 500 a few times and then 503 at once, without C being asked. After a while it's 500 once more.",
    hints: [
      "Watch the status change: for i in $(seq 20); do curl -s -o /dev/null -w '%{http_code} ' -H 'Host: mesh.local' localhost:8080/c; done.",
      "503 is the router's own answer. What does curl localhost:8081/router/status say of c?",
      "The circuit is open: count the failures until then, and see failure_threshold.",
    ],
    explanation:
      "After failure_threshold failures in a row the circuit of C opens: the router answers 503 itself and spares both the callers' time and C. When timeout_seconds are over one request is let through; it fails, and the circuit is open again.",
    mend: "Mend C: the next trial then closes the circuit. An admin can close it by hand: curl -X POST localhost:8081/router/services/c/reset.",
    changes: ["ConfigMap router-config", "Deployment c"],
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
    symptom:
      "Half of /nginx is refused with 503, all of /flask with 418, and /c is slow by 0.3 s, while the services' own logs know nothing of it.",
    hints: [
      "curl -i each of the three and read the header x-fault.",
      "Ask A, B and C themselves, from another pod: are they well?",
      "Look at `faults` in the routes: abort and delay, with a percentage each.",
    ],
    explanation:
      "The router injects faults: abort answers in a service's stead, delay holds a request back. It's how to find out what callers do about failures, without breaking anything that others use.",
    mend: "Take `faults` out of the routes, or change them while it runs: PUT /router/routes/NAME/faults.",
    changes: ["ConfigMap router-config"],
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
} satisfies Record<string, Scenario<Change>>;

export type ScenarioName = keyof typeof scenarios;
export const scenarioNames = Object.keys(scenarios) as ScenarioName[];

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
  return scenarios[name].change(settings);
}
