import type { Telling } from "../../../stacks/telling.ts";

export function tellingOf(name: string, more: Partial<Telling> = {}): Telling {
  return {
    name,
    title: `Title of ${name}`,
    teaches: "Something.",
    symptom: "Nothing works.",
    hints: ["Look.", "Look there.", "Look here."],
    explanation: "It was so.",
    mend: "Undo it.",
    changes: [],
    ...more,
  };
}
