/**
 * What the OpenTelemetry protocol sends: traces in JSON
 * (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding). Fields that nobody looks at here, such
 * as events and links, are ignored, as the protocol asks of a receiver.
 */
import * as z from "zod";
import { type AttributeValue, type KeptSpan, KINDS, STATUSES } from "./span.ts";

const MAX_ATTRIBUTES = 24;
const MAX_NAME_LENGTH = 100;
const MAX_VALUE_LENGTH = 200;

/** Not recursive, so that nobody can send values too deep to be read: what is inside lists is looked at below. */
const value = z.object({
  stringValue: z.string().optional(),
  boolValue: z.boolean().optional(),
  intValue: z.union([z.string(), z.number()]).optional(),
  doubleValue: z.union([z.string(), z.number()]).optional(),
  arrayValue: z.object({ values: z.array(z.unknown()).default([]) }).optional(),
});
const attributes = z.array(z.object({ key: z.string(), value: value.optional() })).default([]);

const idOf = (digits: number) => {
  const error = `it must be ${digits} hexadecimal digits, not all of them 0`;
  return z
    .string({ error })
    .regex(new RegExp(`^(?!0+$)[0-9a-f]{${digits}}$`, "i"), { error })
    .transform((id) => id.toLowerCase());
};

const timeError = "it must be nanoseconds since 1970, as a string or a number";
const time = z
  .union([z.string().regex(/^\d{1,20}$/, { error: timeError }), z.int().min(0)], {
    error: timeError,
  })
  .transform(BigInt);

const span = z.object({
  traceId: idOf(32),
  spanId: idOf(16),
  parentSpanId: z.union([z.literal("").transform(() => undefined), idOf(16)]).optional(),
  name: z.string().default(""),
  kind: z.int().default(0),
  startTimeUnixNano: time,
  endTimeUnixNano: time,
  attributes,
  status: z
    .object({ code: z.int().default(0), message: z.string().optional() })
    .default({ code: 0 }),
});

/** The body of `POST /v1/traces`. */
export const exportRequest = z.object({
  resourceSpans: z
    .array(
      z.object({
        resource: z.object({ attributes }).default({ attributes: [] }),
        scopeSpans: z.array(z.object({ spans: z.array(span).default([]) })).default([]),
      }),
    )
    .default([]),
});

type Attributes = z.output<typeof attributes>;

/** The spans of a request, in its order. */
export function spansOf({ resourceSpans }: z.output<typeof exportRequest>): KeptSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const about = simple(resource.attributes);
    const service = String(about["service.name"] ?? "unknown_service");
    const replica = about["service.instance.id"];
    return scopeSpans
      .flatMap(({ spans }) => spans)
      .map((one) => kept(one, service, replica === undefined ? undefined : String(replica)));
  });
}

function kept(one: z.output<typeof span>, service: string, replica: string | undefined): KeptSpan {
  const { startTimeUnixNano: start, endTimeUnixNano: end, status } = one;
  const backwards = end < start;
  return {
    traceId: one.traceId,
    id: one.spanId,
    parent: one.parentSpanId,
    service,
    replica,
    name: one.name.slice(0, MAX_VALUE_LENGTH),
    kind: KINDS[one.kind] ?? "unspecified",
    start,
    end: backwards ? start : end,
    status: STATUSES[status.code] ?? "unset",
    message: status.message?.slice(0, MAX_VALUE_LENGTH) || undefined,
    attributes: simple(one.attributes),
  };
}

/** The first of them, by name. */
function simple(all: Attributes): Record<string, AttributeValue> {
  const entries = all.slice(0, MAX_ATTRIBUTES).flatMap(({ key, value }) => {
    const is = value && simplified(value);
    return is === undefined || key === "__proto__" ? [] : [[key.slice(0, MAX_NAME_LENGTH), is]];
  });
  return Object.fromEntries(entries);
}

function simplified(is: z.output<typeof value>): AttributeValue | undefined {
  const { stringValue, boolValue, intValue, doubleValue, arrayValue } = is;
  if (stringValue !== undefined) return stringValue.slice(0, MAX_VALUE_LENGTH);
  if (boolValue !== undefined) return boolValue;
  const number = intValue ?? doubleValue;
  if (number !== undefined) return numeric(number);
  return arrayValue && listed(arrayValue.values);
}

/** 64 bits don't fit into a number, and a fraction may be "NaN": such ones stay text. */
function numeric(number: string | number): AttributeValue {
  const read = Number(number);
  const fits = Number.isInteger(read) ? Number.isSafeInteger(read) : Number.isFinite(read);
  return fits && number !== "" ? read : String(number).slice(0, MAX_VALUE_LENGTH);
}

/** A list as text; what isn't simple in it is `…`. */
function listed(values: unknown[]): string {
  const texts = values.slice(0, MAX_ATTRIBUTES).map((one) => {
    const read = value.safeParse(one);
    const { arrayValue: _, ...scalar } = read.data ?? {};
    return String(simplified(scalar) ?? "…");
  });
  return texts.join(", ").slice(0, MAX_VALUE_LENGTH);
}
