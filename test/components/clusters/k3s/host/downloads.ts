import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Stands in for where K3s' installer comes from: `/TAG/install.sh`; `/page` isn't a script. */
export class Downloads {
  readonly asked: string[] = [];
  private readonly server: Server = createServer((request, response) => {
    this.asked.push(request.url ?? "");
    if (request.url?.endsWith("/install.sh")) {
      response.end(readFileSync(new URL("install-k3s.sh", import.meta.url)));
    } else if (request.url === "/page") {
      response.end("<html>log in first</html>");
    } else {
      response.writeHead(404).end();
    }
  });

  async start(): Promise<this> {
    this.server.listen(0, "127.0.0.1");
    await once(this.server, "listening");
    return this;
  }
  url(path: string): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${path}`;
  }
  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
