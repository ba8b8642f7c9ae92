import { counter } from "./counter/lab.ts";
import { items } from "./items/lab.ts";
import type { AnyLab } from "./lab.ts";
import { router } from "./router/lab.ts";
import { shop } from "./shop/lab.ts";

/** Every lab there is, by the name that stack config has for it: a new lab is a folder and a line here. */
export const labs: Record<string, AnyLab> = {
  counter,
  items,
  router,
  shop,
};
