/** YAML that kubectl, and other readers of YAML 1.1, understand as it was meant. */
import { Document, type Scalar, type ToStringOptions, visit } from "yaml";
import { plainValue } from "./manifests/scalars.ts";

/** @param sortMapEntries the order of an object's fields; by default their own */
export function writeYaml(
  value: unknown,
  sortMapEntries?: (a: { key: unknown }, b: { key: unknown }) => number,
): string {
  // A bare `on` is true in YAML 1.1, and `0644` is 420. kubectl takes `12:30` for text, but other readers of
  // that version take it for 750, in base 60: so it's quoted too.
  const document = new Document(value, {
    version: "1.1",
    sortMapEntries: sortMapEntries as ((a: unknown, b: unknown) => number) | undefined,
  });
  visit(document, {
    Scalar(_, node: Scalar) {
      // The version's schema doesn't know `0o17` and `1e1_0` for numbers, kubectl does.
      const isText = typeof node.value === "string";
      if (isText && typeof plainValue(node.value as string) !== "string")
        node.type = "QUOTE_DOUBLE";
    },
  });
  const options: ToStringOptions = { lineWidth: 0, directives: false };
  return document.toString(options);
}
