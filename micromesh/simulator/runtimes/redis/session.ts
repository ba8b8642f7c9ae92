/** One connection to the embedded server: bytes in, commands carried out in order, bytes out. */
import type { Socket } from "node:net";
import { leaveAll } from "./commands/pubsub.ts";
import type { Dispatcher } from "./dispatch.ts";
import { log } from "./log.ts";
import { encode, RedisError, type Reply } from "./resp/replies.ts";
import { ProtocolError, RequestParser } from "./resp/requests.ts";
import { type Client, newClient, type ServerState, unwatchAll } from "./state.ts";

/** Replies are handed to the socket in pieces of about this size, in bytes. */
const FLUSH_AT = 64 * 1024;
/** A subscriber that lets so many bytes pile up is disconnected (Redis' limit for pubsub clients). */
const MAX_BACKLOG = 32 * 1024 * 1024;

/** Serves a connection till it ends. */
export function serve(
  socket: Socket,
  id: number,
  server: ServerState,
  dispatcher: Dispatcher,
): void {
  let pending = "";
  let closing = false;
  const flush = () => {
    server.persistence?.commit();
    if (pending === "") return;
    socket.write(pending, "latin1");
    pending = "";
  };
  const client: Client = newClient(
    {
      id,
      address: endpoint(socket.remoteAddress, socket.remotePort),
      localAddress: endpoint(socket.localAddress, socket.localPort),
      send: (reply) => {
        if (closing) return;
        if (socket.writableLength > MAX_BACKLOG) {
          log("#", `Client id=${id} closed for overcoming of output buffer limits.`);
          client.close("now");
          return;
        }
        pending += encode(reply, client.protocol);
        if (!running) flush();
      },
      close: (how) => {
        closing = true;
        if (how === "now") socket.destroy();
        else if (!running) finish();
      },
    },
    server.now(),
    server.settings.password === "",
  );
  const parser = new RequestParser({
    maxBulk: server.settings.maxBulk,
    unauthenticated: () => !client.authenticated,
  });
  let running = false;

  const finish = () => {
    flush();
    socket.destroySoon();
  };
  const answer = (words: readonly string[]) => {
    const reply = carryOut(client, dispatcher, words);
    const muted = client.replies === "off" || client.replies === "skip";
    if (client.replies === "skip") client.replies = "on";
    if (client.replies === "skip-next") client.replies = "skip";
    // HELLO and RESET answer in the protocol that they have just chosen.
    if (!muted) pending += encode(reply, client.protocol);
  };
  /** Carries out what has arrived, as long as the client takes its replies. */
  const run = () => {
    running = true;
    try {
      while (!closing && !socket.writableNeedDrain) {
        const words = parser.next();
        if (!words) break;
        answer(words);
        if (pending.length >= FLUSH_AT) flush();
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      pending += encode(new RedisError(`ERR Protocol error: ${error.message}`), client.protocol);
      closing = true;
    } finally {
      running = false;
    }
    if (closing) return finish();
    if (server.persistence?.syncsBeforeAnswers) server.turns.atEnd(goOn);
    else goOn();
  };
  const goOn = () => {
    flush();
    if (socket.writableNeedDrain) socket.pause();
  };

  server.clients.set(id, client);
  server.connectionsReceived++;
  socket.on("data", (chunk) => {
    if (closing) return;
    parser.push(chunk);
    run();
  });
  socket.on("drain", () => {
    socket.resume();
    run();
  });
  // A broken connection is the client's affair; `close` follows.
  socket.on("error", () => {});
  socket.on("close", () => {
    closing = true;
    server.clients.delete(id);
    unwatchAll(client);
    leaveAll(client, server);
  });
}

/** A bug must cost one reply, not the server with all its data. */
function carryOut(client: Client, dispatcher: Dispatcher, words: readonly string[]): Reply {
  try {
    return dispatcher.dispatch(client, words);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log("#", `Command '${words[0]}' failed: ${error instanceof Error ? error.stack : reason}`);
    return new RedisError(`ERR internal error: ${reason}`);
  }
}

/** `address:port`, IPv4 also where the socket is IPv6, as Redis shows it. */
function endpoint(address = "?", port = 0): string {
  const plain = address.replace(/^::ffff:/, "");
  return plain.includes(":") ? `[${plain}]:${port}` : `${plain}:${port}`;
}
