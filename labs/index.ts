import { counter } from "./counter/lab.ts";
import type { LabModule } from "./lab.ts";

/** Every lab there is, by the name that stack config has for it: a new lab is a folder and a line here. */
export const labs: Record<string, LabModule> = {
  counter,
};
