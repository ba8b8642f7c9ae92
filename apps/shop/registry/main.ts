import { readEnvironment, replicaVariables, run } from "../../runtime/environment.ts";
import { serveProgram } from "../runtime/program.ts";
import { readSettings, settingsVariables } from "../runtime/settings-file.ts";
import { servicesIn } from "../settings.ts";
import { Replicas } from "./replicas.ts";
import { registryRoutes } from "./routes.ts";
import { watch } from "./watch.ts";

run(async () => {
  const env = readEnvironment({ ...replicaVariables, ...settingsVariables }, process.env);
  const services = servicesIn(readSettings(env.SETTINGS));
  const replicas = new Replicas(services, Date.now());
  await serveProgram(env, {
    name: "registry",
    description: "Who serves the shop, and how they are.",
    routes: (app) => registryRoutes(app, replicas, services),
    close: watch(replicas, services),
  });
});
