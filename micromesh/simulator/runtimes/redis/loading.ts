/** Loading at start: what the log says is carried out before clients may see any data. */
import type { Dispatcher } from "./dispatch.ts";
import { log } from "./log.ts";
import type { Persistence } from "./persistence/persistence.ts";
import { RedisError } from "./resp/replies.ts";
import { newClient, type ServerState } from "./state.ts";

/**
 * Brings back what the log holds and begins to write to it. Clients may be connected meanwhile: most
 * commands are refused to them.
 * @param ended whether the server is closing, which ends loading early
 * @throws PersistenceError
 */
export async function load(
  server: ServerState,
  persistence: Persistence,
  dispatcher: Dispatcher,
  ended: () => boolean,
): Promise<void> {
  const startedAt = server.now();
  const progress = { startedAt, total: persistence.prepare(), done: 0 };
  const nobody = { id: 0, address: "", localAddress: "", send: () => {}, close: () => {} };
  const client = newClient(nobody, startedAt, true);
  const setLoading = (on: boolean) => {
    server.loading = on ? progress : undefined;
    for (const db of server.databases) db.loading = on;
  };
  setLoading(true);
  try {
    await persistence.load({
      run: (words) => {
        const reply = dispatcher.replay(client, words);
        if (reply instanceof RedisError) {
          log("#", `The AOF's command '${words[0]}' got the error '${reply.message}'`);
        }
        return reply !== undefined;
      },
      get inTransaction() {
        return client.transaction !== undefined;
      },
      advanced: (bytes) => {
        progress.done += bytes;
        return !ended();
      },
    });
  } finally {
    setLoading(false);
  }
  server.commandsProcessed = 0;
  if (progress.done > 0 && !ended()) {
    const seconds = ((server.now() - startedAt) / 1000).toFixed(3);
    log("*", `DB loaded from append only file: ${seconds} seconds`);
  }
}
