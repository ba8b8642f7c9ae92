/** What OpenTelemetry's standard variables say, as far as they are honoured here. */
import * as z from "zod";
import { readEnvironment } from "../environment.ts";

const urlError = "it must be a URL, such as http://traces:4318";
const url = z
  .string()
  .regex(/^https?:\/\//, { error: urlError })
  .refine(URL.canParse, { error: urlError });
const shareError = "it must be a share from 0 to 1, such as 0.1";

const variables = {
  /** Where traces go: `/v1/traces` is put behind it. */
  OTEL_EXPORTER_OTLP_ENDPOINT: url.optional(),
  /** Where traces go, as it is; it comes before the one above. */
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url.optional(),
  /** Share of new traces that is recorded. */
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .regex(/^\d?\.?\d{1,15}$/, { error: shareError })
    .transform(Number)
    .pipe(z.number().max(1, { error: shareError }))
    .optional(),
};

export interface TracingVariables {
  /** Where spans are sent; undefined: nowhere. */
  url: string | undefined;
  /** 0 to 1. */
  share: number | undefined;
}

/**
 * Reads the variables by the rules of OpenTelemetry
 * (https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp).
 *
 * @throws EnvironmentError about the first that is wrong
 */
export function tracingVariables(env: NodeJS.ProcessEnv): TracingVariables {
  const read = readEnvironment(variables, env);
  const base = read.OTEL_EXPORTER_OTLP_ENDPOINT?.replace(/\/$/, "");
  const signal = read.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT;
  return { url: signal ?? (base && `${base}/v1/traces`), share: read.OTEL_TRACES_SAMPLER_ARG };
}
