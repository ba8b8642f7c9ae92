/** An ingress controller's pod: routes by the cluster's Ingresses, dials the pods behind Services. */
import os from "node:os";
import { parseArgs } from "node:util";
import { type Cluster, cluster } from "../../agent/cluster-access.ts";
import { compileRoutes, type Route, type RouterOptions } from "./router.ts";
import { type Endpoint, startIngress } from "./server.ts";

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "8000" },
      "ingress-class": { type: "string" },
      "is-default": { type: "boolean", default: false },
    },
  });
  const className = values["ingress-class"];
  const api = cluster();
  const options: RouterOptions = {
    ...(className === undefined ? {} : { classes: [className] }),
    ...(values["is-default"] ? { defaultClass: className } : {}),
  };
  const routes = (listener: (routes: readonly Route[]) => void) => {
    const publish = () => listener(compileRoutes(api.view().ingresses, options).routes);
    publish();
    return api.subscribe(publish);
  };
  const ingress = await startIngress({
    port: Number(values.port),
    routes,
    endpoints: (...backend) => endpointsOf(api, ...backend),
    hostname: os.hostname(),
  });
  process.once("SIGTERM", () => void ingress.close(1_000).then(() => process.exit(0)));
}

function endpointsOf(
  api: Cluster,
  namespace: string,
  name: string,
  port: number | string,
): Endpoint[] | undefined {
  const service = api.view().services.find((s) => s.namespace === namespace && s.name === name);
  const found = service?.ports.find((p) => (typeof port === "number" ? p.port : p.name) === port);
  return found?.endpoints.map((endpoint) => ({ host: endpoint.ip, port: endpoint.port }));
}

void main();
