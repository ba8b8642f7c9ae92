import { type Configuration, HttpMethod } from "@kubernetes/client-node";

/** For one answer. */
const TIMEOUT_MS = 15_000;

/**
 * The Kubernetes API as it answers. The client's typed calls rename fields (`from` becomes `_from`) and drop those
 * that the client is too old for.
 */
export class RawApi {
  readonly #configuration: Configuration;

  /** Made by `KubeConfig.makeApiClient`. */
  constructor(configuration: Configuration) {
    this.#configuration = configuration;
  }

  /**
   * @param path from the server's root, e.g. `/api/v1/namespaces/a/services`
   * @throws an object with `code` and `body` for any answer but 2xx; what the connection throws
   */
  async get(path: string, query: Record<string, string> = {}): Promise<unknown> {
    const { baseServer, authMethods, httpApi } = this.#configuration;
    const request = baseServer.makeRequestContext(path, HttpMethod.GET);
    request.setHeaderParam("Accept", "application/json");
    for (const [name, value] of Object.entries(query)) request.setQueryParam(name, value);
    request.setSignal(AbortSignal.timeout(TIMEOUT_MS));
    await authMethods.default?.applySecurityAuthentication(request);
    const { httpStatusCode, body } = await httpApi.send(request).toPromise();
    const text = await body.text();
    if (httpStatusCode >= 300) throw { code: httpStatusCode, body: text };
    return JSON.parse(text);
  }
}
