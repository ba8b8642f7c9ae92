/** A mistake of the caller's: shown as one line (what, where, how to mend), exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
