import { watch } from "node:fs";
import { root } from "./options.ts";

/** Editors and `pulumi config set` write a file in several steps. */
const QUIET_MS = 300;

/** Calls back after each change of the stack's settings. @returns what ends it */
export function watchStack(stack: string, onChange: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout | undefined;
  let last = Promise.resolve();
  // The folder, because a file that is replaced is another one.
  const watcher = watch(root, (_, name) => {
    if (name !== `Pulumi.${stack}.yaml`) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      last = last.then(onChange);
    }, QUIET_MS);
  });
  return () => {
    clearTimeout(timer);
    watcher.close();
  };
}
