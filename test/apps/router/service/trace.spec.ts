import assert from "node:assert/strict";
import type { KeptSpan } from "../../../../apps/router/traces/span.ts";
import { createService } from "../../../../apps/runtime/http/service.ts";
import { traceRequests } from "../../../../apps/runtime/tracing/requests.ts";
import { carrying } from "../../../../apps/runtime/tracing/tracing.ts";
import { eventually, Started } from "../../counter/servers.ts";
import { startTraces, traced } from "../../runtime/tracing/collectors.ts";
import { ask, serve } from "../../shop/runtime/world.ts";
import { behaving, type Replica, startReplica } from "./replica.ts";

/** A chain like the router's, with real spans, sockets, exporters and the real store. */
describe("a trace through a router and two services", () => {
  const started = new Started();
  afterEach(() => started.stop());

  it("has each span below the one that caused it", async () => {
    const traces = await startTraces(started);
    const names = ["router", "a", "b"];
    const tracings = names.map((service) =>
      traced(traces.url, { service, replica: `${service}-0` }),
    );
    const [ofRouter, ofA, ofB] = tracings as [ReturnType<typeof traced>, never, never];
    const a = await startReplica(started, "a", ofA);
    const b = await startReplica(started, "b", ofB);
    a.behaviour.set(behaving({ fail_first: 1, fail_status: 503 }));

    const router = await createService({
      name: "router",
      description: "",
      replica: "router-0",
      version: "v1",
    });
    const spanOf = traceRequests(router, ofRouter);
    router.get("/nginx", async (request) => {
      const tries: [Replica, number][] = [
        [a, 1],
        [a, 2],
        [b, 1],
      ];
      for (const [{ url }, attempt] of tries) {
        const { hostname: address, port } = new URL(url);
        const sent = { method: "GET", path: "/", address, port: Number(port), attempt };
        const span = spanOf(request).client(sent);
        const { traceparent, tracestate } = request.headers;
        const headers = carrying({ traceparent, tracestate }, span) as Record<string, string>;
        const { status } = await ask("GET", url, headers);
        span.end({ status });
      }
      return {};
    });
    const url = await serve(started, router);
    const caller = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
    const { headers } = await ask("GET", `${url}/nginx`, caller);
    const id = "0af7651916cd43dd8448eb211c80319c";
    assert.equal(headers.get("x-trace-id"), id);
    await Promise.all(tracings.map((tracing) => tracing.close()));

    const { body } = await ask("GET", `${traces.url}/traces/${id}`);
    assert.deepEqual(
      body.spans.map((span: KeptSpan & { depth: number }) => [
        span.depth,
        span.service,
        span.name,
        span.kind,
        span.attributes["http.request.resend_count"],
        span.attributes["http.response.status_code"],
        span.status,
      ]),
      [
        [0, "router", "GET /nginx", "server", undefined, 200, "unset"],
        [1, "router", "GET", "client", undefined, 503, "error"],
        [2, "a", "GET /*", "server", undefined, 503, "error"],
        [1, "router", "GET", "client", 1, 200, "unset"],
        [2, "a", "GET /*", "server", undefined, 200, "unset"],
        [1, "router", "GET", "client", undefined, 200, "unset"],
        [2, "b", "GET /*", "server", undefined, 200, "unset"],
      ],
    );
    assert.equal(body.spans[0].parent, "b7ad6b7169203331");
    assert.deepEqual(body.services, ["router", "a", "b"]);
  });

  it("says which requests had no whole answer", async () => {
    const traces = await startTraces(started);
    const tracing = traced(traces.url, { service: "a" });
    const a = await startReplica(started, "a", tracing);
    a.behaviour.set(behaving({ reset_percent: 100 }));
    await assert.rejects(ask("GET", a.url));
    let spans: KeptSpan[] = [];
    await eventually(async () => {
      spans = traces.spans();
      assert.equal(spans.length, 1);
    });
    assert.deepEqual(
      [spans[0]?.status, spans[0]?.attributes["error.type"]],
      ["error", "AnswerCut"],
    );
    await tracing.close();
  });
});
