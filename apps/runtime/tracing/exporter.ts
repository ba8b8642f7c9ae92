/** Sends spans to a collector, which may be away. */
import { type ExportResult, ExportResultCode } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import {
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
} from "@opentelemetry/sdk-trace-base";

/** Milliseconds from a span's end until it's sent, with all others that have ended meanwhile. */
const BATCH_MS = 1000;
/** Milliseconds that a batch may take, with the exporter's retries; then its spans are lost. */
const EXPORT_TIMEOUT_MS = 3000;
/** The queue waits for longer than the exporter does, so that it's the exporter that says what is wrong. */
const PATIENCE_MS = EXPORT_TIMEOUT_MS * 3;

/**
 * Sends what has ended once a second, as JSON over HTTP. Spans wait in a queue of 2,048; those that find
 * it full are dropped, so a collector that is away or slow costs memory of that size and no request any time.
 *
 * @param url with its path
 * @param log hears of each change of whether spans arrive, not of each batch
 */
export function exportSpans(url: string, log: (line: string) => void): SpanProcessor {
  const exporter = new OTLPTraceExporter({
    url,
    timeoutMillis: EXPORT_TIMEOUT_MS,
    // Without it, nothing ends the wait for a connection whose packets are dropped.
    httpAgentOptions: { keepAlive: true, timeout: EXPORT_TIMEOUT_MS },
  });
  return new BatchSpanProcessor(telling(exporter, url, log), {
    scheduledDelayMillis: BATCH_MS,
    exportTimeoutMillis: PATIENCE_MS,
  });
}

/** The same exporter, which tells when sending begins to fail, and when it succeeds again. */
function telling(exporter: SpanExporter, url: string, log: (line: string) => void): SpanExporter {
  let away = false;
  const told = ({ code, error }: ExportResult) => {
    const failed = code !== ExportResultCode.SUCCESS;
    if (failed !== away) {
      const reason = error?.message || (error as NodeJS.ErrnoException | undefined)?.code;
      log(`traces to ${where(url)}: ${failed ? `away: ${reason ?? "no reason given"}` : "back"}`);
    }
    away = failed;
  };
  return {
    export(spans: ReadableSpan[], done) {
      exporter.export(spans, (result) => {
        told(result);
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
  };
}

/** A URL's user and password are nobody's business in a log. */
function where(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
