/**
 * What keeping things costs beside their own bytes, in bytes. Estimates of Redis' own bookkeeping:
 * `maxmemory` is measured against them, never against this process's memory.
 */

/** One element of a collection. */
export const ELEMENT_OVERHEAD = 64;
/** One key. */
export const KEY_OVERHEAD = 100;
