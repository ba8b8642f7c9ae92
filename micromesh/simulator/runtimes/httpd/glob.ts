/** A shell pattern (`*`, `?`, `[...]`) for one name, as a RegExp. */
export function globPattern(glob: string, flags = ""): RegExp {
  const source = glob
    .replace(/[.+^${}()|\\]/g, "\\$&")
    .replace(/\*/g, ".*")
    .replace(/\?/g, ".");
  return new RegExp(`^${source}$`, flags);
}
