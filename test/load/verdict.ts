/** Whether a request failed that a retry could have saved. Pure. */

/** A request, and what came of it. All times in milliseconds of the same clock. */
export interface Asked {
  /** `POST /cart/{user}/add` */
  route: string;
  /** That sending it twice does what sending it once does: by its method, or an idempotency key. */
  idempotent: boolean;
  endedAt: number;
  /** Undefined: the connection ended without an answer, or nothing came in time. */
  status: number | undefined;
  /** Of an answer that isn't 2xx: what it says. */
  error: string;
}

/** A replica whose process was killed. */
export interface Kill {
  pod: string;
  at: number;
}

/**
 * - `answered`: with 2xx
 * - `lost`: it had been sent to a replica that was killed, which may have done it: nobody may send it again
 * - `savable`: another replica could have answered it
 * - `unexplained`: no kill is the reason
 */
export type Verdict = "answered" | "lost" | "savable" | "unexplained";

/**
 * How long after a kill its connections may still be taken for good, in milliseconds: until a busy machine has come to
 * tell of their end. What was sent on one in between is lost like what was sent before: nobody can tell them apart.
 */
const NOTICED_MS = 2000;

/** The ingress's words where the gateway isn't ready. There is one of it, and nobody has killed it. */
const NO_GATEWAY = "no available server";

/**
 * Judges one request, in a shop where each service always has a replica that is ready: whatever failed on
 * the way to another one, or was asked of it and may be asked twice, a retry there could have saved.
 */
export function judge(asked: Asked, kills: readonly Kill[]): Verdict {
  const { status, idempotent, error } = asked;
  if (status !== undefined && status >= 200 && status < 300) return "answered";
  // A 4xx is no failure of a replica, and no request of the load deserves one, but for one that has to wait.
  if (status === undefined || status === 500) return "unexplained";
  if (status < 500) return status === 409 && idempotent ? "savable" : "unexplained";
  if (error.startsWith(NO_GATEWAY)) return "unexplained";
  if (idempotent || !wasUnderWay(error)) return "savable";
  return kills.some((kill) => explains(kill, asked)) ? "lost" : "unexplained";
}

/** The gateway's words for a try whose connection broke, or that had no answer in time. */
function wasUnderWay(error: string): boolean {
  return /^\w+: (no answer from [\w.-]+: reset: |the try took longer than )/.test(error);
}

function explains({ pod, at }: Kill, { endedAt, error }: Asked): boolean {
  return error.includes(`from ${pod}: `) && at <= endedAt && endedAt - at < NOTICED_MS;
}
