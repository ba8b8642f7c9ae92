/** What each connection asks, over and over, and a record of what came of it. */
import type { Client, Request } from "autocannon";
import type { Asked } from "./verdict.ts";

/** How often each route was answered with each status, and every request that failed. */
export class Tally {
  readonly answers = new Map<string, Map<string, number>>();
  readonly failures: Asked[] = [];

  add(asked: Asked): void {
    const { route, status = "no answer" } = asked;
    const statuses = this.answers.get(route) ?? new Map<string, number>();
    this.answers.set(route, statuses);
    statuses.set(`${status}`, (statuses.get(`${status}`) ?? 0) + 1);
    if (status === "no answer" || status >= 300) this.failures.push(asked);
  }

  get total(): number {
    return [...this.answers.values()]
      .flatMap((statuses) => [...statuses.values()])
      .reduce((sum, count) => sum + count, 0);
  }
}

/** A request of a customer's round. */
interface Step {
  route: string;
  method?: "POST";
  path: string;
  headers?: Record<string, string>;
  /** There's no point in it unless the step before was answered as it should be. */
  needsBefore?: boolean;
}

/** A customer's round: six looks at the shop, something for the cart, and an order of it. */
function steps(user: string, round: number): Step[] {
  const product = `p-${(round % 12) + 1}`;
  const key = { "idempotency-key": `"${user}-${round}"` };
  return [
    { route: "GET /catalog/products", path: "/catalog/products" },
    { route: "GET /catalog/products/{id}", path: `/catalog/products/${product}` },
    { route: "GET /catalog/search", path: "/catalog/search?q=wireless%20mouse" },
    { route: "GET /cart/{user}", path: `/cart/${user}` },
    { route: "GET /catalog/products/{id}", path: "/catalog/products/p-1" },
    { route: "GET /cart/{user}", path: `/cart/${user}` },
    {
      route: "POST /cart/{user}/add",
      method: "POST",
      path: `/cart/${user}/add?product_id=${product}&quantity=1`,
    },
    {
      route: "POST /order/create",
      method: "POST",
      path: `/order/create?user_id=${user}`,
      headers: key,
      needsBefore: true,
    },
  ];
}

/** Makes autocannon's connections customers, each with a cart of its own. @returns its `setupClient` */
export function customers(tally: Tally): (client: Client) => void {
  let count = 0;
  return (client) => {
    const user = `load-${count++}`;
    let round = 0;
    let goesWell = true;
    /** What is being asked; autocannon has one request at a time on a connection. */
    let open: Omit<Asked, "endedAt" | "status" | "error"> | undefined;

    const end = (status: number | undefined, body: string) => {
      if (!open) return;
      goesWell = status !== undefined && status < 300;
      const error = goesWell ? "" : errorIn(body);
      tally.add({ ...open, endedAt: Date.now(), status, error });
      open = undefined;
    };

    const length = steps(user, 0).length;
    const requests = Array.from(
      { length },
      (_, i): Request => ({
        setupRequest(request) {
          // The one before has had no answer, and its connection is gone.
          end(undefined, "the connection ended");
          if (i === 0) round++;
          const step = steps(user, round)[i] as Step;
          if (step.needsBefore && !goesWell) return undefined;
          const { route, method = "GET", path, headers = {} } = step;
          const idempotent = method === "GET" || "idempotency-key" in headers;
          open = { route, idempotent };
          return { ...request, method, path, headers };
        },
        onResponse: end,
      }),
    );
    client.setRequests(requests);
  };
}

function errorIn(body: string): string {
  try {
    return String(JSON.parse(body).error);
  } catch {
    return body.trim().slice(0, 200);
  }
}
