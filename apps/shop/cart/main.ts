import { readEnvironment, run } from "../../runtime/environment.ts";
import { guardBy } from "../access/guard.ts";
import { accessVariables } from "../access/settings.ts";
import { meshAt } from "../runtime/mesh-client.ts";
import { serveProgram } from "../runtime/program.ts";
import { openStore } from "../runtime/store.ts";
import { meshVariables, serviceVariables, storeVariables } from "../runtime/variables.ts";
import { cartRoutes } from "./routes.ts";

run(async () => {
  const variables = {
    ...serviceVariables,
    ...meshVariables,
    ...storeVariables,
    ...accessVariables,
  };
  const settings = readEnvironment(variables, process.env);
  const { AUTH, MESH_URL } = settings;
  const store = openStore({ host: settings.STORE_HOST, port: settings.STORE_PORT });
  await serveProgram(settings, {
    name: "cart",
    description: "What each user is about to buy.",
    routes: (app) =>
      cartRoutes(app, {
        store,
        mesh: (headers) => meshAt(MESH_URL, headers),
        guard: guardBy(AUTH, MESH_URL),
      }),
    close: () => store.close(),
  });
});
