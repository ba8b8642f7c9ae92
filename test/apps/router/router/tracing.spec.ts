import assert from "node:assert/strict";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { eventually, Started } from "../../counter/servers.ts";
import { answering, type FakeReplica, resetting, startReplica } from "../../shop/gateway/front.ts";
import { at, startRouter, type World } from "./world.ts";

interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  status: { code: number };
  attributes: { key: string; value: Record<string, unknown> }[];
}

const SERVER = 2;
const CLIENT = 3;

describe("router: traces", () => {
  const started = new Started();
  let a: FakeReplica;
  let world: World;
  let spans: Span[];

  beforeEach(async () => {
    spans = [];
    const collector = createServer(async (request, response) => {
      // biome-ignore lint/suspicious/noExplicitAny: OTLP is deep
      const { resourceSpans } = (await json(request)) as any;
      for (const { scopeSpans } of resourceSpans) {
        for (const scope of scopeSpans) spans.push(...scope.spans);
      }
      response.setHeader("content-type", "application/json").end("{}");
    });
    const port = await started.listen(collector);
    a = await startReplica(started, "a-1");
    world = await startRouter(
      started,
      {
        services: { a: at([a]) },
        routes: [{ path: "/nginx", to: "a", retries: { attempts: 2, backoff_seconds: 0 } }],
      },
      { env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` } },
    );
  });
  afterEach(() => started.stop());

  const exported = (count: number) => eventually(() => assert.equal(spans.length, count));
  const attributes = ({ attributes }: Span) =>
    Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

  it("have a span of the request below the client's, and one of each try below that", async () => {
    a.respond = (response) => {
      const respond = [answering(503), resetting, answering(200)][a.got.length - 1];
      respond?.(response);
    };
    const trace = "0af7651916cd43dd8448eb211c80319c";
    const { status, headers } = await world.get("/nginx/secret-free?token=secret", {
      headers: { traceparent: `00-${trace}-b7ad6b7169203331-01`, tracestate: "x=y" },
    });
    assert.deepEqual([status, headers["x-trace-id"]], [200, trace]);
    await exported(4);
    const [server] = spans.filter(({ kind }) => kind === SERVER);
    assert.ok(server);
    assert.deepEqual(
      [server.name, server.traceId, server.parentSpanId],
      ["GET /nginx", trace, "b7ad6b7169203331"],
    );
    const of = attributes(server);
    assert.deepEqual(
      [of["http.route"], of["url.path"], Number(of["http.response.status_code"])],
      ["/nginx", "/nginx/secret-free", 200],
    );
    const tries = spans.filter(({ kind }) => kind === CLIENT);
    assert.deepEqual(
      tries.map((span) => {
        const of = attributes(span);
        return [
          span.parentSpanId === server.spanId,
          of["http.request.resend_count"],
          of["http.response.status_code"],
          of["server.address"],
          span.status.code,
        ];
      }),
      [
        [true, undefined, 503, "127.0.0.1", 2],
        [true, 1, undefined, "127.0.0.1", 2],
        [true, 2, 200, "127.0.0.1", 0],
      ],
    );
    assert.deepEqual(
      a.got.map(({ headers }) => [headers.traceparent, headers.tracestate]),
      tries.map(({ spanId }) => [`00-${trace}-${spanId}-01`, "x=y"]),
    );
    assert.ok(!JSON.stringify(spans).includes("token"));
  });

  it("are begun here when the client brings none, and say what no route matched", async () => {
    const { headers } = await world.get("/nobody/7");
    await exported(1);
    const [span] = spans as [Span];
    assert.deepEqual([span.name, span.traceId], ["GET", headers["x-trace-id"]]);
    assert.equal(span.parentSpanId ?? "", "");
  });

  it("say that the client has left", async () => {
    a.respond = () => {};
    const leaving = new AbortController();
    const asked = world.get("/nginx", { signal: leaving.signal });
    await eventually(() => assert.equal(a.got.length, 1));
    leaving.abort();
    await assert.rejects(asked);
    await exported(2);
    assert.deepEqual(spans.map((span) => [span.kind, span.status.code]).sort(), [
      [SERVER, 2],
      [CLIENT, 2],
    ]);
  });
});
