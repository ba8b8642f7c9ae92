/** The JSON pointers of `$ref`s in a document that lead nowhere within it. */
export function danglingIn(document: unknown): string[] {
  const found: string[] = [];
  const visit = (node: unknown) => {
    if (typeof node !== "object" || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (key === "$ref" && typeof value === "string" && !leadsSomewhere(document, value)) {
        found.push(value);
      }
      visit(value);
    }
  };
  visit(document);
  return found;
}

function leadsSomewhere(document: unknown, pointer: string): boolean {
  if (!pointer.startsWith("#/")) return false;
  let node = document;
  for (const part of pointer.slice(2).split("/")) {
    const key = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof node !== "object" || node === null || !Object.hasOwn(node, key)) return false;
    node = (node as Record<string, unknown>)[key];
  }
  return true;
}
