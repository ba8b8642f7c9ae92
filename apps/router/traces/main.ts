import { port, readEnvironment, replicaVariables, run } from "../../runtime/environment.ts";
import { serveUntilStopped } from "../../runtime/http/serve.ts";
import { createService } from "../../runtime/http/service.ts";
import { traceRoutes } from "./routes.ts";
import { TraceStore } from "./store.ts";

/** Where OTLP over HTTP is expected by default. */
const OTLP_PORT = 4318;

run(async () => {
  const env = readEnvironment({ ...replicaVariables, PORT: port(OTLP_PORT) }, process.env);
  const app = await createService({
    name: "traces",
    description: "Keeps the latest traces, and shows them.",
    replica: env.POD_NAME,
    version: env.VERSION,
  });
  traceRoutes(app, new TraceStore());
  await serveUntilStopped(app, { port: env.PORT, started: () => undefined });
});
