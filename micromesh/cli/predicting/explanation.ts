/** An explanation, for a terminal. */
import { isPolicy } from "../../connectivity/index.ts";
import type { Change, Explanation, Step } from "../../prediction/explain/explain.ts";
import { writeYaml } from "../../resources/write-yaml.ts";
import { wrap } from "../wrap.ts";

const titles: Record<Step["at"], string> = {
  way: "Service",
  name: "name",
  network: "network",
  mesh: "mesh",
};

/** Fits `width` columns, but for the YAML of the change. */
export function explanationText(explanation: Explanation, width: number): string {
  const { from, to, verdict, steps, change, requests } = explanation;
  const lines = [wrap(`${from} => ${to}: ${verdict}`, width), ""];
  for (const { at, verdict: own, because } of steps) {
    lines.push(`${titles[at]}: ${own}`);
    for (const sentence of because) lines.push(hanging(sentence, width));
  }
  if (requests)
    lines.push("", wrap(`Only these requests are let in: ${requests.join("; ")}.`, width));
  const turned = verdict === "allow" ? "cut it" : "let it through";
  if (change) lines.push("", ...changeLines(change, turned, width));
  else lines.push("", `No small change to a policy was found that would ${turned}.`);
  return lines.join("\n");
}

function changeLines({ text, objects, also }: Change, turned: string, width: number): string[] {
  const lines = [wrap(`The smallest change that would ${turned}: ${text}.`, width)];
  if (also.length > 0) {
    const more =
      turned === "cut it"
        ? "It would also cut, although something needs it:"
        : "It would also let through:";
    lines.push(more, ...also.map((way) => hanging(way, width)));
  }
  const documents = objects.map((object) => {
    const yaml = writeYaml(object).trimEnd();
    return isPolicy(object) ? yaml : `# To be merged into the manifest.\n${yaml}`;
  });
  return [...lines, "", documents.join("\n---\n")];
}

function hanging(text: string, width: number): string {
  return `  - ${wrap(text, width, 4).trimStart()}`;
}
