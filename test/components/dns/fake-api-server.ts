import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** An API server that knows one ConfigMap, kube-system/coredns, and checks versions as the real one does. */
export class FakeApiServer {
  corefile: string | undefined;
  version = 1;
  /** Runs before each write: others who write at the same time. */
  beforeWrite: () => void = () => {};
  /** Answers all requests with this code. */
  fails: number | undefined;
  readonly requests: string[] = [];
  readonly #server = http.createServer((request, response) => void this.#answer(request, response));

  async listen(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  get kubeconfig(): string {
    const { port } = this.#server.address() as AddressInfo;
    return JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "c",
      contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
      clusters: [
        {
          name: "c",
          cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true },
        },
      ],
      users: [{ name: "u", user: {} }],
    });
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const body = await text(request);
    this.requests.push(`${request.method} ${request.url}`);
    const send = (code: number, answer: object) => {
      response.writeHead(code, { "content-type": "application/json" });
      response.end(JSON.stringify(answer));
    };
    const status = (code: number) => send(code, { kind: "Status", code, message: "no" });
    if (this.fails !== undefined) return status(this.fails);
    const known = request.url === "/api/v1/namespaces/kube-system/configmaps/coredns";
    if (!known || this.corefile === undefined) return status(404);
    if (request.method === "PUT") {
      this.beforeWrite();
      const { data, metadata } = JSON.parse(body);
      if (metadata.resourceVersion !== String(this.version)) return status(409);
      this.version++;
      this.corefile = data.Corefile;
    }
    const metadata = {
      name: "coredns",
      namespace: "kube-system",
      resourceVersion: String(this.version),
    };
    send(200, { apiVersion: "v1", kind: "ConfigMap", metadata, data: { Corefile: this.corefile } });
  }
}
