import assert from "node:assert/strict";
import fc from "fast-check";
import { type ServerHandle, start } from "../../../../micromesh/simulator/runtimes/redis/server.ts";
import { Conversation } from "./conversation.ts";
import { anyScript } from "./generated.ts";
import { normalised } from "./normalised.ts";
import { type RealRedis, startRealRedis, whyNotComparable } from "./real-redis.ts";
import { scripts } from "./scripts.ts";

const reason = whyNotComparable();

describe(`embedded Redis against real Redis${reason ? ` (skipped: ${reason})` : ""}`, () => {
  let real: RealRedis;
  let embedded: ServerHandle;

  before(async function () {
    if (reason) this.skip();
    [real, embedded] = await Promise.all([startRealRedis(), start(0)]);
  });
  after(async () => {
    await Promise.all([real?.stop(), embedded?.close()]);
  });

  /** Replays a script on fresh connections to emptied servers. */
  async function replay(script: readonly (readonly string[])[], protocol: 2 | 3) {
    const run = async (conversation: Conversation) => {
      const prologue = protocol === 3 ? [["hello", "3"], ["flushall"]] : [["flushall"]];
      const replies = await conversation.pipeline([...prologue, ...script]);
      conversation.close();
      return replies.slice(prologue.length);
    };
    const [theirs, ours] = await Promise.all([
      Conversation.open({ path: real.path }).then(run),
      Conversation.open({ port: embedded.port, host: "127.0.0.1" }).then(run),
    ]);
    for (const [i, words] of script.entries()) {
      assert.equal(
        normalised(words, ours[i]),
        normalised(words, theirs[i]),
        `RESP${protocol}: reply to '${words.join(" ")}' (command ${i + 1} of the script)`,
      );
    }
  }

  /** What both say to raw bytes, up to their closing the connection. */
  async function lastWords(bytes: string): Promise<[string, string]> {
    const run = async (conversation: Conversation) => {
      conversation.send(bytes);
      return conversation.rest();
    };
    return Promise.all([
      Conversation.open({ port: embedded.port, host: "127.0.0.1" }).then(run),
      Conversation.open({ path: real.path }).then(run),
    ]);
  }

  for (const bytes of [
    "*x\r\n",
    "*3000000000\r\n",
    "*1\r\n:1\r\n",
    "*1\r\n\r\n",
    "*1\r\n$-1\r\n",
    "*1\r\n$x\r\n",
    "*1\r\n$536870913\r\n",
    `*${"1".repeat(70_000)}`,
    `*1\r\n$${"1".repeat(70_000)}`,
    "x".repeat(70_000),
    'get "a\r\n',
    'get "a"b\r\n',
    "get 'a\r\n",
    "\r\n*0\r\n*-1\r\n  \r\nPING\nEcho 'it''s'\r\n",
    'echo "\\x41\\n\\q"  \r\necho \'a\\\'b\'\r\nECHO a"b"\r\nquit\r\nping\r\n',
    "POST / HTTP/1.1\r\nHost: x\r\n\r\n",
    "set a 1\r\nHost: x\r\nset a 2\r\n",
    "subscribe a\r\nget a\r\nping\r\nping x\r\nmulti\r\nunsubscribe\r\nget nosuch\r\nquit\r\n",
    "psubscribe a* b*\r\nunsubscribe\r\npunsubscribe x\r\nreset\r\nget nosuch\r\nquit\r\n",
    "hello 3\r\nsubscribe a\r\npublish a x\r\nget nosuch\r\nunsubscribe a\r\nquit\r\n",
    "multi\r\nsubscribe a\r\nexec\r\nunsubscribe\r\nquit\r\n",
    "client reply skip\r\nping\r\nping\r\nclient reply off\r\nping\r\nquit\r\n",
  ]) {
    it(`raw bytes: ${JSON.stringify(bytes.slice(0, 60))}`, async () => {
      const [ours, theirs] = await lastWords(bytes);
      const withoutId = (text: string) => text.replace(/(\$2\r\nid\r\n):\d+/, "$1:id");
      assert.equal(withoutId(ours), withoutId(theirs));
    });
  }

  for (const protocol of [2, 3] as const) {
    for (const [name, script] of Object.entries(scripts)) {
      it(`${name}, RESP${protocol}`, () => replay(script, protocol));
    }

    it(`generated scripts, RESP${protocol}`, async function () {
      this.timeout(60_000);
      await fc.assert(
        fc.asyncProperty(anyScript, (script) => replay(script, protocol)),
        { numRuns: 500 },
      );
    });
  }
});
