/** The text of INFO: what is true of an embedded server, in Redis' own words. */
import type { ServerState } from "../state.ts";
import { VERSION } from "../version.ts";
import { subscriptions } from "./pubsub.ts";

type Field = readonly [name: string, value: string | number];

const SECTIONS: Readonly<Record<string, (server: ServerState) => readonly Field[]>> = {
  Server: (server) => {
    const uptime = Math.floor((server.now() - server.startedAt) / 1000);
    return [
      ["redis_version", VERSION],
      ["redis_mode", "standalone"],
      ["os", `${process.platform} ${process.arch}`],
      ["arch_bits", 64],
      ["process_id", process.pid],
      ["run_id", server.runId],
      ["tcp_port", server.port],
      ["uptime_in_seconds", uptime],
      ["uptime_in_days", Math.floor(uptime / 86400)],
      ["executable", "embedded"],
    ];
  },
  Clients: (server) => [
    ["connected_clients", server.clients.size],
    ["maxclients", server.settings.maxClients],
    ["pubsub_clients", [...server.clients.values()].filter(subscriptions).length],
  ],
  Memory: (server) => [
    ["used_memory", server.usedMemory],
    ["maxmemory", server.settings.maxMemory],
    ["maxmemory_policy", server.settings.maxMemoryPolicy],
  ],
  Persistence: persistence,
  Stats: (server) => [
    ["total_connections_received", server.connectionsReceived],
    ["total_commands_processed", server.commandsProcessed],
    ["expired_keys", server.databases.reduce((sum, { expired }) => sum + expired, 0)],
    ["evicted_keys", server.keysEvicted],
    ["pubsub_channels", server.channels.size],
    ["pubsub_patterns", server.patterns.size],
  ],
  Replication: () => [
    ["role", "master"],
    ["connected_slaves", 0],
  ],
  CPU: () => {
    const { system, user } = process.cpuUsage();
    return [
      ["used_cpu_sys", (system / 1e6).toFixed(6)],
      ["used_cpu_user", (user / 1e6).toFixed(6)],
    ];
  },
  Cluster: () => [["cluster_enabled", 0]],
  Keyspace: ({ databases }) =>
    databases.flatMap((db, index): Field[] =>
      db.size === 0 ? [] : [[`db${index}`, `keys=${db.size},expires=${db.volatileSize},avg_ttl=0`]],
    ),
};

function persistence({ loading, persistence, settings }: ServerState): readonly Field[] {
  const status = persistence?.status;
  const fields: Field[] = [
    ["loading", Number(loading !== undefined)],
    ["async_loading", 0],
    ["rdb_bgsave_in_progress", 0],
    ["aof_enabled", Number(settings.appendOnly)],
    ["aof_rewrite_in_progress", Number(persistence?.rewriteInProgress ?? false)],
    ["aof_rewrite_scheduled", 0],
    ["aof_last_bgrewrite_status", status?.rewriteFailed ? "err" : "ok"],
    ["aof_rewrites", status?.rewrites ?? 0],
    ["aof_last_write_status", persistence?.problem === undefined ? "ok" : "err"],
  ];
  if (status?.open) {
    fields.push(
      ["aof_current_size", status.open.size],
      ["aof_base_size", status.open.base],
      ["aof_pending_rewrite", 0],
      ["aof_buffer_length", status.open.buffered],
      ["aof_pending_bio_fsync", Number(status.open.syncing)],
    );
  }
  if (loading) {
    fields.push(
      ["loading_start_time", Math.floor(loading.startedAt / 1000)],
      ["loading_total_bytes", loading.total],
      ["loading_loaded_bytes", loading.done],
      ["loading_loaded_perc", ((loading.done / Math.max(1, loading.total)) * 100).toFixed(2)],
    );
  }
  return fields;
}

/** @param wanted section names; none, `all`, `default` and `everything` stand for all of them */
export function information(server: ServerState, wanted: readonly string[]): string {
  const names = wanted.map((name) => name.toLowerCase());
  const all = names.length === 0 || names.some((n) => /^(all|default|everything)$/.test(n));
  return Object.entries(SECTIONS)
    .filter(([name]) => all || names.includes(name.toLowerCase()))
    .map(([name, fields]) => {
      const lines = fields(server).map(([field, value]) => `${field}:${value}\r\n`);
      return `# ${name}\r\n${lines.join("")}`;
    })
    .join("\r\n");
}
