import * as z from "zod";
import { baseUrl, readEnvironment, replicaVariables, run } from "../../runtime/environment.ts";
import { serveProgram } from "../runtime/program.ts";
import { readSettings, settingsVariables } from "../runtime/settings-file.ts";
import { servicesIn } from "../settings.ts";
import { openDirectory } from "./directory.ts";
import { Metrics } from "./metrics.ts";
import { gatewayRoutes } from "./routes.ts";
import { createUpstream } from "./upstream.ts";

const DOCS_DIR = z.string({ error: "it must be the directory of Swagger UI's files" });

run(async () => {
  const shape = {
    ...replicaVariables,
    ...settingsVariables,
    DIRECTORY_URL: baseUrl("http://registry:8081"),
    DOCS_DIR,
  };
  const env = readEnvironment(shape, process.env);
  const settings = readSettings(env.SETTINGS);
  const services = servicesIn(settings);
  const metrics = new Metrics(services.map(({ name }) => name));
  const directory = openDirectory(env.DIRECTORY_URL);
  const upstreams = services.map((one) => createUpstream(one, settings.mesh, directory, metrics));
  await serveProgram(env, {
    name: "gateway",
    description: "The shop: its services, and the mesh that leads to them.",
    help: "/docs",
    routes: (app) => gatewayRoutes(app, { upstreams, directory, metrics, docs: env.DOCS_DIR }),
    close: () => directory.close(),
  });
});
