/** The figures of pods as text for a terminal. Pure: figures in, text out. */
import { cut, pad, wrap } from "../verify/columns.ts";
import type { PodUsage, Usage } from "./pod-usage.ts";

const NONE = "-";
const MIB = 2 ** 20;

/** The columns behind the pod's name: heading, and what stands in it. */
const FIGURES: [heading: string, text: (pod: PodUsage) => string][] = [
  ["cpu", ({ cpuMillicores }) => (cpuMillicores === undefined ? NONE : `${cpuMillicores}m`)],
  ["MiB", ({ memoryBytes }) => figure(memoryBytes && Math.round(memoryBytes / MIB))],
  ["in", ({ connections }) => figure(connections?.in)],
  ["out", ({ connections }) => figure(connections?.out)],
  ["drop", ({ dropped }) => figure(dropped?.count)],
  ["deny", ({ denied }) => figure(denied?.count)],
  ["kept", ({ stoppedAtIt }) => figure(stoppedAtIt)],
  ["rst", ({ restarts }) => String(restarts)],
];

/**
 * One row for each pod: CPU over the last interval, memory, open connections in and out, what of its own was dropped
 * and denied, what was kept off it, restarts. Beneath, the latest that was stopped, and the notes.
 * @param width columns of the terminal, at least 80
 */
export function formatUsage({ pods, notes }: Usage, columns = 80): string {
  const width = Math.max(columns, 80);
  const figures = FIGURES.map(([heading, text]) => {
    const texts = pods.map(text);
    return { heading, texts, wide: Math.max(heading.length, ...texts.map((one) => one.length)) };
  });
  const room = width - figures.reduce((sum, { wide }) => sum + wide + 2, 0) - 2;
  const names = Math.min(room, Math.max(3, ...pods.map(({ pod }) => pod.length)));
  const row = (mark: string, name: string, cells: string[]) =>
    [`${mark} ${pad(cut(name, names), names)}`, ...cells].join("  ").trimEnd();
  const lines = [
    row(
      " ",
      "pod",
      figures.map(({ heading, wide }) => heading.padStart(wide)),
    ),
    ...pods.map((pod, i) =>
      row(
        pod.ready ? "✓" : "✗",
        pod.pod,
        figures.map(({ texts, wide }) => (texts[i] as string).padStart(wide)),
      ),
    ),
  ];
  const latest = latestStops(pods).flatMap((text) => hanging(text, width));
  const texts = [
    ...(latest.length > 0 ? [["Stopped last:", ...latest]] : []),
    ...notes.map((note) => wrap(note, width)),
  ];
  return [lines, ...texts].map((part) => part.join("\n")).join("\n\n");
}

/** Breaks where it's too long, and goes on below, indented. */
function hanging(text: string, width: number): string[] {
  return wrap(text, width - 4).map((line, i) => `${i === 0 ? "  " : "    "}${line}`);
}

/** Each once, the newest first: who it was, and where it was to go. */
function latestStops(pods: PodUsage[]): string[] {
  const stops = pods.flatMap(({ latestStop }) => latestStop ?? []);
  const texts = stops
    .sort((a, b) => b.time - a.time)
    .map(({ time, verdict, source, destination, port }) => {
      const clock = new Date(time).toISOString().slice(11, 19);
      return `${clock} ${verdict} ${source} -> ${destination}:${port}`;
    });
  return [...new Set(texts)].slice(0, 5);
}

function figure(value: number | undefined): string {
  return value === undefined ? NONE : String(value);
}
