import type { Store } from "../../../../apps/shop/runtime/store.ts";
import type { Command, Reply } from "../../../../apps/shop/runtime/store-connection.ts";

type Value = string | string[];

/** A store in memory with the commands of the ledger; nothing runs out. */
export function memoryStore(): Store {
  const values = new Map<string, Value>();
  const text = (key: string) => (values.get(key) as string | undefined) ?? null;
  const list = (key: string) => (values.get(key) as string[] | undefined) ?? [];

  const commands: Record<string, (key: string, ...args: string[]) => Reply> = {
    GET: text,
    MGET: (...keys) => keys.map(text),
    SET(key, value) {
      values.set(key, value as string);
      return "OK";
    },
    DEL: (key) => (values.delete(key) ? 1 : 0),
    LPUSH: (key, value) => {
      values.set(key, [value as string, ...list(key)]);
      return list(key).length;
    },
    LLEN: (key) => list(key).length,
    LRANGE: (key, first, last) => list(key).slice(Number(first), Number(last) + 1),
    SADD: (key, member) => {
      values.set(key, [...new Set([...list(key), member as string])]);
      return 1;
    },
    SREM: (key, member) => {
      values.set(
        key,
        list(key).filter((other) => other !== member),
      );
      return 1;
    },
    SMEMBERS: list,
  };

  function run([name, key = "", ...args]: Command): Reply {
    const command = commands[name];
    if (!command) throw new Error(`no command ${name} here`);
    return command(key, ...args);
  }

  return {
    run: async (...command) => run(command),
    async change(keys, decide) {
      const { writes, result } = decide(keys.map(text));
      for (const command of writes) run(command);
      return result;
    },
    close() {},
  };
}
