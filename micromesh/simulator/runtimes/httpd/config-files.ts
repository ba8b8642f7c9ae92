import fs from "node:fs";
import type { ConfigFiles } from "./syntax.ts";

/** Configuration files where they lie: on this machine. */
export const configFiles: ConfigFiles = {
  read: (path) => {
    try {
      return fs.readFileSync(path, "latin1");
    } catch {
      return undefined;
    }
  },
  list: (path) => {
    try {
      return fs.readdirSync(path).sort();
    } catch {
      return undefined;
    }
  },
};
