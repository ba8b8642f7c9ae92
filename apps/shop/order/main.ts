import { readEnvironment, run } from "../../runtime/environment.ts";
import { guardBy } from "../access/guard.ts";
import { asService } from "../access/service-token.ts";
import { accessVariables } from "../access/settings.ts";
import { secretOf } from "../access/shared-secrets.ts";
import { meshAt } from "../runtime/mesh-client.ts";
import { serveProgram } from "../runtime/program.ts";
import { openStore } from "../runtime/store.ts";
import { meshVariables, serviceVariables, storeVariables } from "../runtime/variables.ts";
import { ledgerIn } from "./ledger.ts";
import { recover } from "./recovery.ts";
import { orderRoutes } from "./routes.ts";
import { upstreamBehind } from "./upstream.ts";

run(async () => {
  const variables = {
    ...serviceVariables,
    ...meshVariables,
    ...storeVariables,
    ...accessVariables,
  };
  const settings = readEnvironment(variables, process.env);
  const { AUTH, MESH_URL } = settings;
  const mesh = meshAt(MESH_URL);
  const store = openStore({ host: settings.STORE_HOST, port: settings.STORE_PORT });
  await serveProgram(settings, {
    name: "order",
    description: "What the users have bought.",
    routes: (app) =>
      orderRoutes(app, {
        store,
        mesh: (headers) => meshAt(MESH_URL, headers),
        guard: guardBy(AUTH, MESH_URL),
      }),
    started() {
      const secret = () => secretOf(store, "order");
      const own = AUTH.required ? asService(mesh, "order", secret) : mesh;
      void recover({ ledger: ledgerIn(store), upstream: upstreamBehind(own) });
    },
    close: () => store.close(),
  });
});
