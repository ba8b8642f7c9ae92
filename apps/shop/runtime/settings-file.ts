import { readFileSync } from "node:fs";
import { parse } from "yaml";
import * as z from "zod";
import { EnvironmentError } from "../../runtime/environment.ts";
import { type ShopSettings, shopSettings } from "../settings.ts";

/** Of gateway and registry. */
export const settingsVariables = {
  /** A file: the shop's settings, as YAML. */
  SETTINGS: z.string({ error: "it must be the path of the shop's settings" }),
};

/**
 * The shop's settings, from a file of YAML.
 * @throws EnvironmentError in one line if it can't be read, or a setting is wrong
 */
export function readSettings(path: string): ShopSettings {
  let text: unknown;
  try {
    text = parse(readFileSync(path, "utf8"));
  } catch (error) {
    const [line] = (error as Error).message.split("\n");
    throw new EnvironmentError(`the settings ${path} can't be read: ${line}`);
  }
  const read = shopSettings.safeParse(text ?? {});
  if (read.success) return read.data;
  const { path: field, message } = read.error.issues[0] as z.core.$ZodIssue;
  throw new EnvironmentError(`the settings ${path} are wrong at ${field.join(".")}: ${message}`);
}
