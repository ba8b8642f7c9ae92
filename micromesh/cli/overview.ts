import type { KubernetesObject } from "../resources/declared.ts";
import { told } from "../resources/labs.ts";
import { controlPaths } from "../simulator/control/served-paths.ts";
import type { Running } from "./running.ts";
import { wrap } from "./wrap.ts";

/** What a person can do now: where to ask, what is played, what has no effect here. */
export function overview({ simulator, controlPort }: Running, width: number): string {
  const labs = simulator.declaredLabs;
  const { parts } = simulator.declaredPlatform;
  const lines: string[] = [];
  for (const [name, lab] of Object.entries(labs)) {
    const { title, teaches } = told(lab);
    lines.push(`${name}, scenario ${lab.scenario}: ${title}`, wrap(teaches, width, 2));
  }
  lines.push("", ...columns(urls(simulator, controlPort)), "", ...columns(Object.entries(parts)));
  const fields = new Set(
    simulator.findings.map(({ field, why, object }) => field ?? `${object}: ${why}`),
  );
  if (fields.size > 0) {
    const text = `Declared, but without effect here: ${[...fields].map(shortened).join(", ")}. Details: http://localhost:${controlPort}/api/state`;
    lines.push("", wrap(text, width, 2));
  }
  const other = Object.entries(labs).flatMap(([name, lab]) =>
    lab.scenarios
      .map((scenario) => scenario.name)
      .filter((s) => s !== lab.scenario)
      .map((s) => `${name}=${s}`),
  )[0];
  lines.push("", "Running until Ctrl-C.");
  if (other) {
    lines.push(
      "In another terminal, play another scenario:",
      `  npx micromesh verify --scenario ${other}`,
    );
  }
  return lines.join("\n");
}

function columns(rows: [string, string][]): string[] {
  const width = Math.max(...rows.map(([what]) => what.length), 11) + 3;
  return rows.map(([what, text]) => `  ${what.padEnd(width)}${text}`);
}

/** URLs to click, and probes' own requests to type. */
function urls(simulator: Running["simulator"], controlPort: number): [string, string][] {
  const rows: [string, string][] = [];
  const port = simulator.gatewayPort;
  if (port !== undefined) {
    for (const [host, endpoint] of Object.entries(simulator.declaredOutputs.endpoints)) {
      // Beside the front door.
      if (endpoint.via === "service" && simulator.declares(endpoint)) continue;
      if (endpoint.via === "load-balancer") continue;
      rows.push([host, `curl -H 'Host: ${host}' localhost:${port}${examplePath(simulator, host)}`]);
    }
  }
  rows.push(...loadBalanced(simulator));
  for (const [service, path] of servedPaths(simulator.cluster.declaredObjects)) {
    rows.push([service, `http://localhost:${controlPort}${path}`]);
  }
  rows.push(["control", `http://localhost:${controlPort}/`]);
  rows.push(["metrics", `http://localhost:${controlPort}/metrics`]);
  return rows;
}

/** A Service of type LoadBalancer goes by the host name of its endpoint, where it has one. */
function loadBalanced(simulator: Running["simulator"]): [string, string][] {
  const endpoints = Object.entries(simulator.declaredOutputs.endpoints);
  return simulator.loadBalancers.map(({ namespace, service, port, host, localPort }) => {
    const [name] =
      endpoints.find(
        ([, endpoint]) =>
          endpoint.via === "load-balancer" &&
          endpoint.namespace === namespace &&
          endpoint.service === service &&
          endpoint.port === port,
      ) ?? [];
    const path = name ? examplePath(simulator, name) : "/";
    return [name ?? `${namespace}/${service}`, `curl http://${host}:${localPort}${path}`];
  });
}

/** The first path of the control port that each Service answers. */
function servedPaths(objects: KubernetesObject[]): [string, string][] {
  return objects.flatMap((object): [string, string][] => {
    const [first] = controlPaths(object);
    return first ? [[object.metadata.name, first.path]] : [];
  });
}

/** What the last of the probes from outside asks that gets a 200: by then there is something to see. */
function examplePath(simulator: Running["simulator"], host: string): string {
  const paths = Object.values(simulator.declaredOutputs.labs).flatMap(({ probes }) =>
    probes.flatMap(({ from, request, expect }) => {
      if (from !== "outside" || request.kind !== "http") return [];
      const url = new URL(request.url);
      const isGood = "status" in expect && expect.status === 200;
      return url.hostname === host && isGood ? [url.pathname] : [];
    }),
  );
  return paths.at(-1) ?? "/";
}

/** A field's own name, with what it belongs to: `containers[].resources`. */
function shortened(field: string): string {
  return field.replace(/^spec\.(template\.spec\.)?/, "");
}
