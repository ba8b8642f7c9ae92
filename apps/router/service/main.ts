import * as z from "zod";
import { port, readEnvironment, replicaVariables, run } from "../../runtime/environment.ts";
import { serveUntilStopped } from "../../runtime/http/serve.ts";
import { createService } from "../../runtime/http/service.ts";
import { traceRequests } from "../../runtime/tracing/requests.ts";
import { openTracing } from "../../runtime/tracing/tracing.ts";
import { adminRoutes } from "./admin.ts";
import { Behaviour, behaviourVariable } from "./behaviour.ts";
import { Metrics } from "./metrics.ts";
import { echoRoutes, type Identity } from "./routes.ts";

const serviceError = "it must be a DNS label, such as a";
const environmentError = "it must be 1 to 63 letters, digits, spaces and . _ -";

const variables = {
  ...replicaVariables,
  /** The service's name. */
  SERVICE: z
    .string({ error: serviceError })
    .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, { error: serviceError }),
  /** Where it runs. Default dev. */
  ENVIRONMENT: z
    .string()
    .regex(/^[A-Za-z0-9]([A-Za-z0-9 ._-]{0,61}[A-Za-z0-9])?$/, { error: environmentError })
    .prefault("dev"),
  BEHAVIOUR: behaviourVariable,
  /** Default 9901. */
  ADMIN_PORT: port(9901),
};

function crash(): void {
  console.error("crashing, as told");
  process.exit(1);
}

run(async () => {
  const env = readEnvironment(variables, process.env);
  const identity: Identity = {
    service: env.SERVICE,
    version: env.VERSION,
    replica: env.POD_NAME,
    environment: env.ENVIRONMENT,
  };
  const common = { description: "Answers, or fails as it's told.", ...identity };
  const app = await createService({ name: "service", ...common });
  const admin = await createService({ name: "service", ...common });
  const behaviour = new Behaviour(env.BEHAVIOUR);
  const metrics = new Metrics();
  const tracing = openTracing(identity);
  let ready = false;

  metrics.watch(app);
  traceRequests(app, tracing);
  echoRoutes(app, identity, behaviour, crash);
  adminRoutes(admin, { behaviour, metrics, isReady: () => ready, crash });

  await serveUntilStopped(app, {
    port: env.PORT,
    beside: [{ app: admin, port: env.ADMIN_PORT }],
    started() {
      ready = true;
      return {
        async end() {
          ready = false;
        },
      };
    },
    close: () => tracing.close(),
  });
});
