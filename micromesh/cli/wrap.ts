/** Breaks a text into lines of at most `width` columns, each indented. Words are never cut. */
export function wrap(text: string, width: number, indent = 0): string {
  const margin = " ".repeat(indent);
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/).filter((w) => w !== "")) {
    if (line !== "" && indent + line.length + 1 + word.length > width) {
      lines.push(margin + line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  if (line !== "") lines.push(margin + line);
  return lines.join("\n");
}
