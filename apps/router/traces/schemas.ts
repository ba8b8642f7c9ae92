/** What the trace store is asked, and what it answers. */
import * as z from "zod";
import { KINDS, milliseconds, STATUSES } from "./span.ts";
import { failedSpans, servicesOf, type Tree } from "./tree.ts";

const MOST_LISTED = 1000;

const idError = "it must be a trace's id, 32 hexadecimal digits";
export const traceId = z.object({
  id: z
    .string({ error: idError })
    .regex(/^[0-9a-f]{32}$/i, { error: idError })
    .transform((id) => id.toLowerCase()),
});

const limitError = `it must be a whole number from 1 to ${MOST_LISTED}`;
const serviceError = "it must be a service's name, 1 to 200 characters";
export const listQuery = z.object({
  service: z
    .string({ error: serviceError })
    .min(1, { error: serviceError })
    .max(200, { error: serviceError })
    .optional()
    .describe("Only traces that this service had a part in"),
  limit: z
    .string({ error: limitError })
    .regex(/^\d{1,4}$/, { error: limitError })
    .transform(Number)
    .pipe(z.int().min(1, { error: limitError }).max(MOST_LISTED, { error: limitError }))
    .default(100)
    .describe("At most so many"),
});

const listed = z.object({
  id: z.string(),
  name: z.string().describe("Of the span that began it"),
  services: z.array(z.string()),
  spans: z.int(),
  failed_spans: z.int(),
  started_at: z.iso.datetime(),
  duration_ms: z.number(),
  error: z.boolean().describe("Whether the span that began it failed"),
});
export const list = z.object({ traces: z.array(listed), total: z.int().describe("Traces kept") });

export const tree = listed.omit({ spans: true }).extend({
  dropped_spans: z.int().describe("Those for which there was no room"),
  spans: z
    .array(
      z.object({
        id: z.string(),
        parent: z.string().nullable(),
        depth: z.int(),
        service: z.string(),
        replica: z.string().nullable(),
        name: z.string(),
        kind: z.enum(KINDS),
        start_ms: z.number().describe("From the beginning of the trace"),
        duration_ms: z.number(),
        status: z.enum(STATUSES),
        message: z.string().nullable(),
        attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
      }),
    )
    .describe("Parents before their children, children by their beginning"),
});

export const received = z.object({
  partialSuccess: z.object({ rejectedSpans: z.string(), errorMessage: z.string() }).optional(),
});

export const problem = z.object({
  error: z.string().describe("What is wrong, where, and how to mend it"),
});

export function listedTrace(of: Tree): z.output<typeof listed> {
  return {
    id: of.id,
    name: of.root.name,
    services: servicesOf(of),
    spans: of.spans.length,
    failed_spans: failedSpans(of),
    started_at: new Date(milliseconds(of.root.start)).toISOString(),
    duration_ms: of.durationMs,
    error: of.root.status === "error",
  };
}

export function wholeTrace(of: Tree): z.output<typeof tree> {
  return {
    ...listedTrace(of),
    dropped_spans: of.dropped,
    spans: of.spans.map(({ span, depth, startMs, durationMs }) => ({
      id: span.id,
      parent: span.parent ?? null,
      depth,
      service: span.service,
      replica: span.replica ?? null,
      name: span.name,
      kind: span.kind,
      start_ms: startMs,
      duration_ms: durationMs,
      status: span.status,
      message: span.message ?? null,
      attributes: span.attributes,
    })),
  };
}
