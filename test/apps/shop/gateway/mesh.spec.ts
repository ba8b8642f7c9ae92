import assert from "node:assert/strict";
import { createServer } from "node:http";
import { openDirectory } from "../../../../apps/shop/gateway/directory.ts";
import { eventually, Started } from "../../counter/servers.ts";
import { answering, ask, type Front, startFront, startReplica } from "./front.ts";

describe("shop: what the gateway says of the mesh", () => {
  const started = new Started();
  let front: Front;
  beforeEach(async () => {
    front = await startFront(started);
  });
  afterEach(() => started.stop());

  const json = async (path: string, method = "GET") => {
    const { status, headers, body } = await ask(front.url, path, { method });
    assert.equal(headers["x-replica-id"], "gateway-0");
    assert.match(String(headers["x-response-time"]), /^(?!0\.00)\d+\.\d\dms$/);
    return { status, body: JSON.parse(body) };
  };

  it("is each circuit and the replicas of each service", async () => {
    const before = Date.now();
    const replica = await startReplica(started, "catalog-1", "v2");
    front.replicas.catalog = [replica];
    const { status, body } = await json("/mesh/status");
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(body.circuits), ["catalog", "cart", "order"]);
    for (const { state, failures, since, ...rest } of Object.values<Record<string, string>>(
      body.circuits,
    )) {
      assert.deepEqual([state, failures, rest], ["closed", 0, {}]);
      assert.ok(Math.abs(Date.parse(String(since)) - before) < 5000);
    }
    assert.deepEqual(body.replicas, {
      catalog: [{ id: "catalog-1", version: "v2" }],
      cart: [],
      order: [],
    });
  });

  it("is 404 for a circuit that there isn't, and for a path, with where the paths are", async () => {
    assert.deepEqual(await json("/mesh/reset/stock", "POST"), {
      status: 404,
      body: { error: "there is no service stock; there are catalog, cart, order" },
    });
    assert.equal((await json("/mesh/reset/__proto__", "POST")).status, 404);
    assert.deepEqual(await json("/nowhere?token=secret"), {
      status: 404,
      body: { error: "no such path: GET /nowhere; /docs lists them" },
    });
    assert.equal((await json("/mesh/reset/catalog")).status, 404);
  });

  it("is where to begin at /, and that it's healthy", async () => {
    assert.deepEqual((await json("/")).body, {
      shop: ["/catalog", "/cart", "/order"],
      mesh: ["/mesh/status", "/mesh/reset/{service}"],
      docs: "/docs",
    });
    assert.deepEqual(await json("/health"), { status: 200, body: { status: "healthy" } });
  });

  it("is that it's ready once all replicas are known", async () => {
    front.directory.complete = false;
    assert.deepEqual(await json("/ready"), { status: 503, body: { ready: false } });
    front.directory.complete = true;
    assert.deepEqual(await json("/ready"), { status: 200, body: { ready: true } });
  });

  it("is, for Prometheus, how many requests each service has had, by status and time", async () => {
    const replica = await startReplica(started, "catalog-1");
    front.replicas.catalog = [replica];
    for (let i = 0; i < 3; i++) await ask(front.url, "/catalog/x");
    replica.respond = answering(404);
    await ask(front.url, "/catalog/x");
    await ask(front.url, "/cart/ann");
    const lines = (await ask(front.url, "/metrics")).body.split("\n");
    const count = (service: string, status: number) =>
      `shop_gateway_request_duration_seconds_count{service="${service}",status="${status}"}`;
    assert.deepEqual(
      lines.filter((line) => /_count\{/.test(line)),
      [`${count("catalog", 200)} 3`, `${count("catalog", 404)} 1`, `${count("cart", 503)} 1`],
    );
    assert.ok(lines.includes('shop_gateway_retries_total{service="catalog"} 0'));
    const { headers } = await ask(front.url, "/metrics");
    assert.match(String(headers["content-type"]), /^text\/plain; version=0\.0\.4/);
  });
});

describe("shop: the gateway's directory", () => {
  const started = new Started();
  afterEach(() => started.stop());

  const replica = { id: "catalog-1", url: "http://10.0.0.1:8080", version: "v1" };

  async function startRegistry(port = 0) {
    const registry = {
      url: "",
      port,
      status: 200,
      etag: '"1"',
      asked: [] as (string | undefined)[],
      found: { version: 1, complete: true, gone: [] as string[], services: {} as object },
      stop: () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
    };
    const server = createServer((request, response) => {
      assert.equal(request.url, "/discovery");
      registry.asked.push(request.headers["if-none-match"]);
      const isSame = request.headers["if-none-match"] === registry.etag;
      response.writeHead(isSame ? 304 : registry.status, { etag: registry.etag });
      response.end(isSame ? "" : JSON.stringify(registry.found));
    });
    registry.port = await started.listen(server, port);
    registry.url = `http://127.0.0.1:${registry.port}`;
    return registry;
  }

  function open(url: string) {
    const lines: string[] = [];
    const directory = openDirectory(url, (line) => lines.push(line));
    started.add(() => directory.close());
    return { directory, lines };
  }

  it("asks the registry over and over, for what is new", async () => {
    const registry = await startRegistry();
    const { directory, lines } = open(registry.url);
    assert.deepEqual([directory.isComplete(), directory.replicas("catalog")], [false, []]);
    registry.found.services = { catalog: [] };
    await eventually(() => assert.deepEqual(registry.asked.slice(0, 2), [undefined, '"1"']));
    assert.equal(directory.isComplete(), true);
    registry.found.services = { catalog: [replica], cart: [] };
    registry.etag = '"2"';
    await eventually(() => assert.deepEqual(directory.replicas("catalog"), [replica]));
    assert.deepEqual(directory.replicas("__proto__"), []);
    assert.deepEqual(directory.replicas("stock"), []);
    assert.deepEqual(lines, [
      `registry ${registry.url}: catalog 0`,
      `registry ${registry.url}: catalog 1, cart 0`,
    ]);
  });

  it("keeps what it knows while the registry is away, and while the next one is young", async () => {
    const registry = await startRegistry();
    registry.found.services = { catalog: [replica] };
    const { directory, lines } = open(registry.url);
    await eventually(() => assert.deepEqual(directory.replicas("catalog"), [replica]));
    await registry.stop();
    const looks = lines.length;
    await eventually(() => assert.ok(lines.length > looks));
    assert.match(lines.at(-1) ?? "", /ECONNREFUSED/);
    assert.deepEqual(directory.replicas("catalog"), [replica]);

    const next = await startRegistry(registry.port);
    next.etag = '"next"';
    const other = { ...replica, id: "catalog-2" };
    next.found = { version: 1, complete: false, gone: [], services: { catalog: [other] } };
    await eventually(() => assert.deepEqual(directory.replicas("catalog"), [replica, other]));
    assert.equal(directory.isComplete(), true, "it has been");
    next.found.complete = true;
    next.etag = '"later"';
    await eventually(() => assert.deepEqual(directory.replicas("catalog"), [other]));
  });

  it("isn't complete by a registry that isn't", async () => {
    const registry = await startRegistry();
    registry.found = { version: 0, complete: false, gone: [], services: { catalog: [replica] } };
    const { directory } = open(registry.url);
    await eventually(() => assert.deepEqual(directory.replicas("catalog"), [replica]));
    assert.equal(directory.isComplete(), false);
  });

  it("believes nothing of an error, nor of what isn't a discovery", async () => {
    const registry = await startRegistry();
    registry.found.services = { catalog: [replica] };
    const { directory, lines } = open(registry.url);
    await eventually(() => assert.equal(directory.replicas("catalog").length, 1));
    registry.etag = '"2"';
    registry.status = 500;
    await eventually(() => assert.match(lines.at(-1) ?? "", /: it answered 500$/));
    registry.status = 200;
    registry.found.services = { catalog: [{ id: 7 }] };
    const asked = registry.asked.length;
    await eventually(() => assert.ok(registry.asked.length > asked + 1));
    assert.deepEqual(directory.replicas("catalog"), [replica]);
    // The etag of what it has is still the first one's.
    assert.equal(registry.asked.at(-1), '"1"');
  });

  it("asks nobody any more when it's closed", async () => {
    const registry = await startRegistry();
    const { directory, lines } = open(registry.url);
    await eventually(() => assert.equal(registry.asked.length, 1));
    directory.close();
    const said = lines.length;
    await new Promise((resolve) => setTimeout(resolve, 700));
    assert.equal(registry.asked.length, 1);
    assert.equal(lines.length, said);
  });
});
