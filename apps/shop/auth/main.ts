import { readEnvironment, run } from "../../runtime/environment.ts";
import { serveProgram } from "../runtime/program.ts";
import { openStore } from "../runtime/store.ts";
import { serviceVariables, storeVariables } from "../runtime/variables.ts";
import { authRoutes } from "./routes.ts";

run(async () => {
  const settings = readEnvironment({ ...serviceVariables, ...storeVariables }, process.env);
  const store = openStore({ host: settings.STORE_HOST, port: settings.STORE_PORT });
  await serveProgram(settings, {
    name: "auth",
    description: "Who the users are: it signs tokens that say so.",
    routes: (app) => authRoutes(app, store),
    close: () => store.close(),
  });
});
