import { readEnvironment, run } from "../../runtime/environment.ts";
import { serveUntilStopped } from "../../runtime/http/serve.ts";
import { createService } from "../../runtime/http/service.ts";
import { openDatabase } from "./database/database.ts";
import { preparationOf } from "./database/preparation.ts";
import { itemsIn } from "./items.ts";
import { Metrics } from "./metrics.ts";
import { apiRoutes } from "./routes.ts";
import { apiVariables } from "./variables.ts";

run(async () => {
  const settings = readEnvironment(apiVariables, process.env);
  const { PORT, POD_NAME, VERSION } = settings;
  const metrics = new Metrics();
  const database = openDatabase(
    {
      host: settings.DATABASE_HOST,
      port: settings.DATABASE_PORT,
      database: settings.DATABASE_NAME,
      user: settings.DATABASE_USER,
      password: settings.DATABASE_PASSWORD,
      max: settings.POOL_MAX,
      connectTimeoutMs: settings.CONNECT_TIMEOUT_SECONDS * 1000,
      queryTimeoutMs: settings.QUERY_TIMEOUT_SECONDS * 1000,
      idleTimeoutMs: settings.IDLE_TIMEOUT_SECONDS * 1000,
      maxLifetimeMs: settings.MAX_LIFETIME_SECONDS * 1000,
    },
    {
      log: console.log,
      failed: ({ hop }) => metrics.failed(hop),
      tablesMissing: () => preparation.start(),
    },
  );
  const preparation = preparationOf(database, console.log);
  metrics.show(database);
  const app = await createService({
    name: "items",
    description: "Things, and how many of them there are.",
    replica: POD_NAME,
    version: VERSION,
  });
  apiRoutes(app, { items: itemsIn(database), metrics, version: VERSION });
  await serveUntilStopped(app, {
    port: PORT,
    started() {
      // Requests are answered meanwhile: by which hop fails, if one does.
      preparation.start();
      return undefined;
    },
    async close() {
      preparation.stop();
      await database.close();
    },
  });
});
