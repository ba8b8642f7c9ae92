import * as z from "zod";
import {
  EnvironmentError,
  port,
  readEnvironment,
  replicaVariables,
  run,
} from "../../runtime/environment.ts";
import { serveUntilStopped } from "../../runtime/http/serve.ts";
import { createService } from "../../runtime/http/service.ts";
import { openTracing } from "../../runtime/tracing/tracing.ts";
import { adminRoutes } from "./admin/routes.ts";
import { ConfigError } from "./config.ts";
import { ConfigFile, readConfig } from "./config-file.ts";
import { createDataServer } from "./data/server.ts";
import { Metrics } from "./metrics.ts";
import { Router } from "./router.ts";

const variables = {
  ...replicaVariables,
  /** Where the admin API listens. Default 9901. */
  ADMIN_PORT: port(9901),
  /** The config's file. */
  ROUTES: z.string().prefault("/routes/routes.yaml"),
};

run(async () => {
  const { PORT, ADMIN_PORT, ROUTES, POD_NAME, VERSION } = readEnvironment(variables, process.env);
  const named = { version: VERSION, replica: POD_NAME };
  const tracing = openTracing({ service: "router", ...named });
  const metrics = new Metrics();
  const { router, file } = await open(ROUTES, metrics);
  metrics.show(() => router.running);

  const description = "What the router does, and how to have it do something else.";
  const admin = await createService({ name: "router", description, ...named });
  adminRoutes(admin, { router, file, metrics });
  const data = createDataServer({ router, metrics, tracing, replica: POD_NAME });
  await serveUntilStopped(data, {
    port: PORT,
    beside: [{ app: admin, port: ADMIN_PORT }],
    started() {
      void file.watch();
      return undefined;
    },
    close() {
      file.close();
      router.close();
      return tracing.close();
    },
  });
});

/** @throws EnvironmentError in one line if the config can't be read, or is wrong */
async function open(path: string, metrics: Metrics): Promise<{ router: Router; file: ConfigFile }> {
  try {
    const text = await readConfig(path);
    const router = new Router(text, metrics);
    const file = new ConfigFile(path, text, router, {
      reloaded: (problem) => metrics.reloaded(problem),
      log: console.log,
    });
    return { router, file };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new EnvironmentError(`config ${path}: ${error.message}`);
  }
}
