import * as z from "zod";
import { readEnvironment, run } from "../../runtime/environment.ts";
import { serveProgram } from "../runtime/program.ts";
import { serviceVariables } from "../runtime/variables.ts";
import { Faults, faultsVariable } from "./faults.ts";
import { catalogRoutes, VERSIONS } from "./routes.ts";

run(async () => {
  const settings = readEnvironment(
    {
      ...serviceVariables,
      VERSION: z.enum(VERSIONS, { error: `it must be ${VERSIONS.join(" or ")}` }).prefault("v1"),
      FAULTS: faultsVariable,
    },
    process.env,
  );
  await serveProgram(settings, {
    name: "catalog",
    description: "What the shop sells.",
    routes: (app) => catalogRoutes(app, settings.VERSION, new Faults(settings.FAULTS)),
  });
});
