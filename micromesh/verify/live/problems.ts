import { ProbeError } from "../transport.ts";

/**
 * What went wrong between us and the Kubernetes API, in one line.
 * Only the API's own message and error codes are told: errors of the client library also carry
 * requests with their headers, and so tokens.
 * @param doing what was tried, e.g. `list pods in d-redis`
 * @param needs the permission it takes, e.g. `list pods`
 */
export function apiProblem(error: unknown, doing: string, needs: string): ProbeError {
  if (error instanceof ProbeError) return error;
  const status = httpStatus(error);
  if (status === 401)
    return new ProbeError(
      `can't ${doing}: the cluster doesn't accept the kubeconfig's credentials; renew them`,
      { permanent: true },
    );
  // Admission (Pod Security, a webhook) refuses with 403 too; only RBAC says that a user "cannot".
  if (status === 403 && /^(?!.* cannot )./s.test(said(error)))
    return new ProbeError(`can't ${doing}: the cluster refuses${said(error)}`, { permanent: true });
  if (status === 403)
    return new ProbeError(
      `can't ${doing}: forbidden; the kubeconfig's user needs the permission to ${needs}`,
      { permanent: true },
    );
  if (status !== undefined)
    return new ProbeError(`can't ${doing}: the cluster answers ${status}${said(error)}`);
  const code = codeOf(error);
  if (code === undefined) return new ProbeError(`can't ${doing}: ${firstLine(error)}`);
  return new ProbeError(
    `can't ${doing}: the cluster's API server doesn't answer (${code}); is it running, and is the kubeconfig up to date?`,
  );
}

/** The HTTP status of a failed API call or WebSocket handshake. */
export function httpStatus(error: unknown): number | undefined {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === "number") return code;
  // The only word that `ws` has on a handshake that was answered by something else.
  const refused = /^Unexpected server response: (\d{3})$/.exec(String(message));
  return refused ? Number(refused[1]) : undefined;
}

/** The message of the API's Status object: it names resources and users, never credentials. */
function said(error: unknown): string {
  const { body } = error as { body?: unknown };
  const message = (typeof body === "string" ? statusOf(body) : body) as
    | { message?: unknown }
    | undefined;
  return typeof message?.message === "string" ? `: ${message.message}` : "";
}

function statusOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Of the connection's own error, where there is one: Node hides it beneath one or two others. */
function codeOf(error: unknown): string | undefined {
  const { code, cause, error: inner } = error as Record<string, { code?: unknown } | undefined>;
  const found = [code, cause?.code, inner?.code].find((value) => typeof value === "string");
  return found as string | undefined;
}

/** Of an error without a code: the client library itself, or the kubeconfig's own login command. */
function firstLine(error: unknown): string {
  const [line = ""] = String((error as Error).message ?? "no reason given").split("\n");
  return line.slice(0, 200);
}
