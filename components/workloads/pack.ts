/** Packs files that are large for a ConfigMap: gzip, written in base64. */
import { gzip } from "pako";

/** What the name of a packed file ends in. */
export const PACKED = ".gz.base64";

/**
 * The same bytes give the same text on every machine, unlike Node's own gzip, whose output changes with
 * its zlib and the processor: a ConfigMap that is named by its contents must not.
 */
export function pack(bytes: Uint8Array | string): string {
  return Buffer.from(gzip(bytes, { level: 9 })).toString("base64");
}
