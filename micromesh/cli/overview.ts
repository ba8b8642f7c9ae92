import type { Running } from "./running.ts";
import { wrap } from "./wrap.ts";

/** What a person can do now: where to ask, what is played, what has no effect here. */
export function overview({ simulator, controlPort }: Running, width: number): string {
  const { labs } = simulator.declaredOutputs;
  const { parts } = simulator.declaredPlatform;
  const lines: string[] = [];
  for (const [name, lab] of Object.entries(labs)) {
    lines.push(`${name}, scenario ${lab.scenario}: ${lab.title}`, wrap(lab.teaches, width, 2));
  }
  lines.push(
    "",
    ...urls(simulator, controlPort).map(([what, url]) => `  ${what.padEnd(14)}${url}`),
    "",
  );
  lines.push(...Object.entries(parts).map(([part, text]) => `  ${part.padEnd(14)}${text}`));
  const fields = new Set(
    simulator.findings.map(({ field, why, object }) => field ?? `${object}: ${why}`),
  );
  if (fields.size > 0) {
    const text = `Declared, but without effect here: ${[...fields].map(shortened).join(", ")}. Details: http://localhost:${controlPort}/api/state`;
    lines.push("", wrap(text, width, 2));
  }
  const other = Object.entries(labs).flatMap(([name, lab]) =>
    Object.keys(lab.scenarios)
      .filter((s) => s !== lab.scenario)
      .map((s) => `${name}=${s}`),
  )[0];
  lines.push("", "Running until Ctrl-C.");
  if (other) {
    lines.push(
      `In another terminal, play another scenario: npx micromesh verify --scenario ${other}`,
    );
  }
  return lines.join("\n");
}

/** URLs to click, and probes' own requests to type. */
function urls(simulator: Running["simulator"], controlPort: number): [string, string][] {
  const rows: [string, string][] = [];
  const port = simulator.gatewayPort;
  if (port !== undefined) {
    for (const host of Object.keys(simulator.declaredOutputs.endpoints)) {
      rows.push([host, `curl -H 'Host: ${host}' localhost:${port}${examplePath(simulator, host)}`]);
    }
  }
  rows.push(["control", `http://localhost:${controlPort}/`]);
  rows.push(["metrics", `http://localhost:${controlPort}/metrics`]);
  return rows;
}

/** What the last of the probes from outside asks that gets a 200: by then there is something to see. */
function examplePath(simulator: Running["simulator"], host: string): string {
  const paths = Object.values(simulator.declaredOutputs.labs).flatMap(({ probes }) =>
    probes.flatMap(({ from, request, expect }) => {
      if (from !== "outside" || request.kind !== "http" || "failure" in expect) return [];
      const url = new URL(request.url);
      return url.host === host && expect.status === 200 ? [url.pathname] : [];
    }),
  );
  return paths.at(-1) ?? "/";
}

/** A field's own name, with what it belongs to: `containers[].resources`. */
function shortened(field: string): string {
  return field.replace(/^spec\.(template\.spec\.)?/, "");
}
