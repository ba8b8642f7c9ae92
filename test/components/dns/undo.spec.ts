import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { promisify } from "node:util";
import { undoRule } from "../../../components/dns/live-corefile.ts";
import { KUBEADM_COREFILE } from "../../../micromesh/resources/corefile/defaults.ts";
import { noSuchNames, withRule } from "../../../micromesh/resources/corefile/rule.ts";
import { FakeApiServer } from "./fake-api-server.ts";

const RULED = withRule(KUBEADM_COREFILE, noSuchNames(["db.lab.svc.cluster.local"]));
const READ = "GET /api/v1/namespaces/kube-system/configmaps/coredns";
const WRITE = READ.replace("GET", "PUT");

describe("undoing a CoreDNS rule", () => {
  let server: FakeApiServer;
  beforeEach(async () => {
    server = new FakeApiServer();
    await server.listen();
  });
  afterEach(() => server.close());

  it("leaves the Corefile that there was, to the letter", async () => {
    server.corefile = RULED;
    assert.deepEqual(await undoRule(server.kubeconfig), { kind: "undone" });
    assert.equal(server.corefile, KUBEADM_COREFILE);
  });

  it("keeps what others have changed since", async () => {
    const others = (text: string) => text.replace("cache 30", "cache 60").replace("errors", "log");
    server.corefile = others(RULED);
    await undoRule(server.kubeconfig);
    assert.equal(server.corefile, others(KUBEADM_COREFILE));
  });

  it("changes nothing where there's nothing to undo", async () => {
    server.corefile = KUBEADM_COREFILE;
    assert.deepEqual(await undoRule(server.kubeconfig), { kind: "nothing" });
    assert.deepEqual(server.requests, [READ]);
  });

  it("reads anew when somebody else writes in between", async () => {
    server.corefile = RULED;
    let writes = 2;
    server.beforeWrite = () => {
      if (writes-- <= 0) return;
      server.corefile = server.corefile?.replace("errors", "errors\n    log");
      server.version++;
    };
    assert.deepEqual(await undoRule(server.kubeconfig), { kind: "undone" });
    const changed = KUBEADM_COREFILE.replace("errors", "errors\n    log\n    log");
    assert.equal(server.corefile, changed);
    assert.deepEqual(server.requests, [READ, WRITE, READ, WRITE, READ, WRITE]);
  });

  it("gives up where others write all the time", async () => {
    server.corefile = RULED;
    server.beforeWrite = () => server.version++;
    await assert.rejects(undoRule(server.kubeconfig), { message: "the API server answers 409" });
  });

  it("has nothing to do where the cluster, or its CoreDNS, is gone", async () => {
    assert.equal((await undoRule("")).kind, "gone");
    assert.equal((await undoRule(server.kubeconfig)).kind, "gone");
    const { kubeconfig } = server;
    await server.close();
    assert.deepEqual(await undoRule(kubeconfig), {
      kind: "gone",
      why: "no way to it (ECONNREFUSED)",
    });
  });

  it("takes a cluster that keeps silent for gone", async () => {
    const open: net.Socket[] = [];
    const silent = net.createServer((socket) => open.push(socket)).listen(0, "127.0.0.1");
    await once(silent, "listening");
    try {
      const { port } = silent.address() as net.AddressInfo;
      const kubeconfig = server.kubeconfig.replace(/127.0.0.1:\d+/, `127.0.0.1:${port}`);
      assert.deepEqual(await undoRule(kubeconfig, 200), {
        kind: "gone",
        why: "the API server doesn't answer within 0.2 s",
      });
    } finally {
      silent.close();
      // Nobody waits for the answer any more; the connection would keep the process all the same.
      for (const socket of open) socket.destroy();
    }
  });

  it("fails where the cluster forbids it", async () => {
    server.corefile = RULED;
    server.fails = 403;
    await assert.rejects(undoRule(server.kubeconfig), { message: "the API server answers 403" });
    assert.deepEqual(server.requests, [READ]);
  });

  describe("as a command", () => {
    const run = async (kubeconfig: string) => {
      const args = ["--import=tsx", "components/dns/undo.ts", "undo"];
      const env = { ...process.env, MICROMESH_COREDNS_KUBECONFIG: kubeconfig };
      return promisify(execFile)(process.execPath, args, { env }).then(
        ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
        ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
      );
    };

    it("undoes, and says so", async () => {
      server.corefile = RULED;
      const { code, stdout, stderr } = await run(server.kubeconfig);
      assert.deepEqual([code, stdout], [0, ""], stderr);
      assert.match(stderr, /has the Corefile that it had/);
      assert.equal(server.corefile, KUBEADM_COREFILE);
    });

    it("ends well where the cluster is gone, and tells what to do where it isn't", async () => {
      const { kubeconfig } = server;
      await server.close();
      const { code, stderr } = await run(kubeconfig);
      assert.equal(code, 0, stderr);
      assert.match(stderr, /taken for gone.*ECONNREFUSED.*kubectl -n kube-system edit/);
    });

    it("fails with one line that says how to do it by hand", async () => {
      server.fails = 401;
      const { code, stderr } = await run(server.kubeconfig);
      assert.equal(code, 1);
      assert.match(stderr, /^the Corefile of CoreDNS can't be changed back, .*401: take .*\n$/);
    });
  });
});
