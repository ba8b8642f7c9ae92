import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { simulatedTransport } from "../../micromesh/verify/simulated.ts";
import type { Request } from "../../stacks/outputs.ts";
import { freePort } from "./servers.ts";

const request: Request = { kind: "dns", name: "redis" };
const from = { namespace: "d-redis", workload: "redis" };

describe("the simulator's control API as a transport", () => {
  let server: Server | undefined;
  const control = async (answer: (req: IncomingMessage, res: ServerResponse) => void) => {
    server = createServer(answer);
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    return simulatedTransport((server.address() as AddressInfo).port);
  };
  const answering = (status: number, body: string) =>
    control((_, res) => res.writeHead(status).end(body));

  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  it("posts the request, and gives the observation", async () => {
    let asked: unknown;
    const transport = await control(async (req, res) => {
      asked = [req.method, req.url, JSON.parse(await text(req))];
      res.end(JSON.stringify({ addresses: ["10.0.0.1"], ms: 2, extra: true }));
    });
    const seen = await transport.observe(from, request, 2500);
    assert.deepEqual(asked, ["POST", "/api/probes", { from, request, timeoutSeconds: 2.5 }]);
    assert.deepEqual(seen, { addresses: ["10.0.0.1"], ms: 2 });
    await transport.close();
  });

  const errors: [string, number, string, RegExp][] = [
    [
      "tells why",
      404,
      '{"error":"no ready pod"}',
      /^ProbeError: from d-redis\/redis: no ready pod$/,
    ],
    [
      "isn't a simulator",
      200,
      "<html>",
      /answered 200, but not as a simulator does: .*--control-port/,
    ],
    ["gives no observation", 200, '{"status":"up"}', /not as a simulator does/],
    ["gives no reason", 500, "oops", /answered 500, but not as/],
    ["gives an unknown failure", 200, '{"failure":"odd","ms":1}', /not as a simulator does/],
  ];
  for (const [what, status, body, expected] of errors)
    it(`is an error when it ${what}`, async () => {
      const transport = await answering(status, body);
      await assert.rejects(transport.observe(from, request, 1000), expected);
    });

  it("is an error when no simulator runs, or it breaks off", async () => {
    const port = await freePort();
    await assert.rejects(
      simulatedTransport(port).observe("outside", request, 1000),
      new RegExp(
        `no simulator runs at 127\\.0\\.0\\.1:${port}: start one with .micromesh simulate`,
      ),
    );
    const breaking = await control((req) => req.socket.destroy());
    await assert.rejects(breaking.observe(from, request, 1000), /broke off the request/);
  });
});
