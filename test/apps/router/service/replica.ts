/** A replica of a service on real sockets, in the test's own process. */

import { adminRoutes } from "../../../../apps/router/service/admin.ts";
import {
  Behaviour,
  type BehaviourSettings,
  behaviourSettings,
} from "../../../../apps/router/service/behaviour.ts";
import { Metrics } from "../../../../apps/router/service/metrics.ts";
import { echoRoutes } from "../../../../apps/router/service/routes.ts";
import { createService } from "../../../../apps/runtime/http/service.ts";
import { traceRequests } from "../../../../apps/runtime/tracing/requests.ts";
import type { Tracing } from "../../../../apps/runtime/tracing/tracing.ts";
import type { Started } from "../../counter/servers.ts";
import { traced } from "../../runtime/tracing/collectors.ts";
import { serve } from "../../shop/runtime/world.ts";

export interface Replica {
  url: string;
  admin: string;
  behaviour: Behaviour;
  /** How often it has been told to crash. */
  crashes(): number;
  /** Default true. */
  ready: boolean;
}

export async function startReplica(
  started: Started,
  service = "a",
  tracing: Tracing = traced(undefined),
): Promise<Replica> {
  const identity = { service, version: "v1", replica: `${service}-0`, environment: "test" };
  const common = { name: "service", description: "", ...identity };
  const app = await createService(common);
  const admin = await createService(common);
  const behaviour = new Behaviour(behaviourSettings.parse({}));
  const metrics = new Metrics();
  let crashes = 0;
  const crash = () => {
    crashes += 1;
  };
  metrics.watch(app);
  traceRequests(app, tracing);
  echoRoutes(app, identity, behaviour, crash);
  const replica: Replica = {
    url: "",
    admin: "",
    behaviour,
    crashes: () => crashes,
    ready: true,
  };
  adminRoutes(admin, { behaviour, metrics, isReady: () => replica.ready, crash });
  replica.url = await serve(started, app);
  replica.admin = await serve(started, admin);
  return replica;
}

export const behaving = (settings: Partial<BehaviourSettings>) => behaviourSettings.parse(settings);
