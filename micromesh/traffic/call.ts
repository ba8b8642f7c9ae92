import { candidates, type Endpoint } from "./balancers/balancer.ts";
import type { Attempt, Caller, CallerOptions, CallRequest } from "./caller.ts";
import { duration, wholeNumber } from "./check.ts";
import type { Settled, Verdict } from "./circuit-breaker.ts";
import { type Answer, failureOf, NoEndpoint, type Outcome, UpstreamFailure } from "./outcome.ts";
import type { Release } from "./retries/budget.ts";
import { mayRetry } from "./retries/conditions.ts";
import { sleep } from "./sleep.ts";
import { TimeoutExceeded, within } from "./timeouts.ts";

/**
 * Calls one service as a mesh does. From outside in:
 * - the breaker counts whole calls, not tries: an answer of `isFailure`, no answer, or the time's being
 *   up; that there is no endpoint at all counts for nothing, nor does a connection that broke under a request which
 *   would have been retried if it could be sent twice: that speaks against one endpoint, and all requests
 *   that are under way when it dies end so. A half-open circuit's trial isn't retried;
 * - the overall timeout holds for all tries and waits;
 * - retries: as `retry` says, at endpoints that haven't been tried while there are any, then at any
 *   but the last. A retry that finds no endpoint any more counts as one that failed to connect;
 * - the outlier detection counts tries, and says who is healthy; the balancer chooses among them;
 * - the per-try timeout holds until the attempt's promise is settled; a body that is to be in time too
 *   must be read by then.
 *
 * @throws RangeError if an option makes no sense
 */
export function createCaller<E extends Endpoint, A extends Answer>(
  options: CallerOptions<E, A>,
): Caller<E, A> {
  const { breaker, outliers, retry, timeout = {}, discard } = options;
  const { isFailure = ({ status }: A) => status >= 500 } = options;
  const retries = wholeNumber("retry.attempts", retry?.attempts ?? 0, 0);
  duration("timeout.perTryMs", timeout.perTryMs ?? 0);
  duration("timeout.overallMs", timeout.overallMs ?? 0);
  const busy = new Map<string, number>();
  const active = (id: string) => busy.get(id) ?? 0;
  const balancer =
    typeof options.balancer === "function" ? options.balancer(active) : options.balancer;

  const usable = () => {
    const endpoints = options.endpoints();
    return outliers ? outliers.healthy(endpoints) : endpoints;
  };

  const addBusy = (id: string, change: 1 | -1) => {
    const count = active(id) + change;
    if (count > 0) busy.set(id, count);
    else busy.delete(id);
  };

  async function tryOnce(
    endpoint: E,
    attempt: number,
    send: Attempt<E, A>,
    signal: AbortSignal,
  ): Promise<Outcome<A>> {
    const began = Date.now();
    let outcome: Outcome<A> | undefined;
    addBusy(endpoint.id, 1);
    try {
      const answer = await within<A>(
        { ms: timeout.perTryMs, scope: "per-try", signal, late: discard },
        (signal) => send(endpoint, { signal, attempt }),
      );
      outcome = { answer };
      outliers?.report(endpoint.id, !isFailure(answer));
      return outcome;
    } catch (error) {
      const failure =
        error instanceof TimeoutExceeded && error.scope === "per-try"
          ? "per-try-timeout"
          : (options.failureOf ?? failureOf)(error);
      // The overall timeout speaks against who hasn't answered by then; a client that left doesn't.
      if (signal.aborted ? signal.reason instanceof TimeoutExceeded : failure) {
        outliers?.report(endpoint.id, false);
      }
      if (signal.aborted || !failure) throw error;
      outcome = { failure, error };
      return outcome;
    } finally {
      addBusy(endpoint.id, -1);
      options.onAttempt?.({ endpoint, attempt, outcome, durationMs: Date.now() - began });
    }
  }

  /** That there is somebody left to try. */
  const anyFresh = (tried: ReadonlySet<string>) =>
    candidates(usable(), tried).some(({ endpoint }) => !tried.has(endpoint.id));

  /** That a retry after `outcome` needs no wait. */
  const goesElsewhere = (outcome: Outcome<A>, tried: ReadonlySet<string>) =>
    retry?.elsewhereAtOnce !== false &&
    "failure" in outcome &&
    outcome.failure === "connect-failure" &&
    anyFresh(tried);

  /** What grants the retry; undefined if there is to be none. */
  function grantRetry(request: CallRequest, outcome: Outcome<A>): Release | undefined {
    if (!retry || !mayRetry(outcome, request, retry.retryOn)) return undefined;
    if (!retry.budget) return () => {};
    const granted = retry.budget.retry();
    if (!granted) options.onRetryRefused?.(outcome);
    return granted;
  }

  /** That it's for the request alone that this outcome isn't retried. */
  const isBrokenOff = (outcome: Outcome<A>, request: CallRequest) =>
    retry !== undefined &&
    "failure" in outcome &&
    outcome.failure === "reset" &&
    !mayRetry(outcome, request, retry.retryOn) &&
    mayRetry(outcome, { ...request, idempotent: true }, retry.retryOn);

  /** @param brokenOff told if the call ends by {@link isBrokenOff} */
  async function tryAll(
    request: CallRequest,
    send: Attempt<E, A>,
    { retries, brokenOff }: { retries: number; brokenOff: () => void },
    signal: AbortSignal,
  ): Promise<A> {
    const tried = new Set<string>();
    let avoid: ReadonlySet<string> = tried;
    let waits = 0;
    let release: Release | undefined;
    try {
      for (let attempt = 1; ; attempt++) {
        const endpoint = balancer.pick(usable(), avoid);
        if (!endpoint && attempt === 1) throw new NoEndpoint();
        if (endpoint) tried.add(endpoint.id);
        const outcome: Outcome<A> = endpoint
          ? await tryOnce(endpoint, attempt, send, signal)
          : { failure: "connect-failure", error: new NoEndpoint() };
        release?.();
        release = attempt > retries ? undefined : grantRetry(request, outcome);
        if (attempt <= retries && isBrokenOff(outcome, request)) brokenOff();
        if (!retry || !release) return answerOf(outcome, endpoint);
        const delayMs = goesElsewhere(outcome, tried) ? 0 : retry.backoff(++waits);
        options.onRetry?.({ attempt: attempt + 1, outcome, delayMs });
        // Now, and not after the wait: it may hold a connection.
        if ("answer" in outcome) discard?.(outcome.answer);
        await sleep(delayMs, signal);
        avoid = anyFresh(tried) || !endpoint ? tried : new Set([endpoint.id]);
      }
    } finally {
      release?.();
    }
  }

  function judge(settled: Settled<A>): Verdict {
    if ("value" in settled) return isFailure(settled.value) ? "failure" : "success";
    const { error } = settled;
    return error instanceof TimeoutExceeded || error instanceof UpstreamFailure
      ? "failure"
      : "unknown";
  }

  return {
    active,
    async call(request, send) {
      let isBroken = false;
      const brokenOff = () => {
        isBroken = true;
      };
      const run = (trial: boolean) =>
        within<A>(
          { ms: timeout.overallMs, scope: "overall", signal: request.signal, late: discard },
          (signal) => tryAll(request, send, { retries: trial ? 0 : retries, brokenOff }, signal),
        );
      const done = retry?.budget?.request();
      try {
        const judged = (settled: Settled<A>) => (isBroken ? "unknown" : judge(settled));
        return await (breaker ? breaker.run(run, judged) : run(false));
      } finally {
        done?.();
      }
    },
  };
}

function answerOf<A extends Answer>(outcome: Outcome<A>, endpoint: Endpoint | undefined): A {
  if ("answer" in outcome) return outcome.answer;
  const { failure, error } = outcome;
  if (!endpoint || failure === "per-try-timeout") throw error;
  throw new UpstreamFailure(failure, endpoint.id, error);
}
