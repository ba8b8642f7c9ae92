import { readEnvironment, run } from "../../runtime/environment.ts";
import { meshAt } from "../runtime/mesh-client.ts";
import { serveProgram } from "../runtime/program.ts";
import { openStore } from "../runtime/store.ts";
import { meshVariables, serviceVariables, storeVariables } from "../runtime/variables.ts";
import { ledgerIn } from "./ledger.ts";
import { recover } from "./recovery.ts";
import { orderRoutes } from "./routes.ts";
import { upstreamBehind } from "./upstream.ts";

run(async () => {
  const variables = { ...serviceVariables, ...meshVariables, ...storeVariables };
  const settings = readEnvironment(variables, process.env);
  const store = openStore({ host: settings.STORE_HOST, port: settings.STORE_PORT });
  await serveProgram(settings, {
    name: "order",
    description: "What the users have bought.",
    routes: (app) =>
      orderRoutes(app, { store, mesh: (headers) => meshAt(settings.MESH_URL, headers) }),
    started() {
      const upstream = upstreamBehind(meshAt(settings.MESH_URL));
      void recover({ ledger: ledgerIn(store), upstream });
    },
    close: () => store.close(),
  });
});
