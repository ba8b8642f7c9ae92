/**
 * Traces of requests through several programs: W3C trace context
 * (https://www.w3.org/TR/trace-context/) from one to the next, OpenTelemetry's SDK for the spans, OTLP
 * to a collector. A span is given its parent by hand, so that it's plain which one it is.
 */
import type { IncomingHttpHeaders } from "node:http";
import {
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  trace,
} from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { defaultResource, resourceFromAttributes } from "@opentelemetry/resources";
import {
  BasicTracerProvider,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace-base";
import { exportSpans } from "./exporter.ts";
import {
  type ClientRequest,
  clientSpan,
  endSpan,
  type Outcome,
  type ServerRequest,
  serverSpan,
} from "./spans.ts";
import { tracingVariables } from "./variables.ts";

/** Milliseconds that the end of a program waits for its last spans to be sent. */
const CLOSE_MS = 2000;
/** A longer attribute is cut off: paths come from clients. */
const MAX_ATTRIBUTE_LENGTH = 1024;
/** The fields of {@link ClientSpan.headers}. */
const TRACE_FIELDS = new Set(["traceparent", "tracestate"]);

export interface TracingOptions {
  /** `router` */
  service: string;
  /** `v1` */
  version: string;
  /** The pod's name. */
  replica: string;
  /** `dev`; default: spans don't say. */
  environment?: string;
  /**
   * Share of new traces that is recorded, 0 to 100; default: `OTEL_TRACES_SAMPLER_ARG`, else 100. A trace that
   * the caller has begun is recorded if the caller says that it is.
   */
  samplePercent?: number;
  /**
   * `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`: where spans go. Without either
   * they go nowhere, but traces still have ids, which are passed on. Default: the process' own.
   */
  env?: NodeJS.ProcessEnv;
  /** Hears when spans begin to get lost, and when they arrive again; default: standard output. */
  log?: (line: string) => void;
}

export interface Tracing {
  /** Begins the span of a request that has come in, below the caller's or as the first of a new trace. */
  server(request: ServerRequest & { headers: IncomingHttpHeaders }): ServerSpan;
  /** Sends what has ended, for 2 s at most. */
  close(): Promise<void>;
}

export interface ServerSpan {
  /** 32 hexadecimal digits, recorded or not. */
  readonly traceId: string;
  /** Begins the span of a request that is sent for this one: one for each try. */
  client(request: ClientRequest): ClientSpan;
  /** To be called when the answer is out, or when there is none to come. Only the first time counts. */
  end(outcome: Outcome): void;
}

export interface ClientSpan {
  /** `traceparent`, and `tracestate` if there is any; {@link carrying} puts them in their place. */
  readonly headers: Record<string, string>;
  /** To be called when the answer has begun, or when there is none to come. Only the first time counts. */
  end(outcome: Outcome): void;
}

/**
 * Begins tracing. Nothing global is touched: a process may have several.
 *
 * @throws EnvironmentError if a variable is wrong
 */
export function openTracing(options: TracingOptions): Tracing {
  const { service, version, replica, environment, samplePercent, log = console.log } = options;
  const { url, share = 1 } = tracingVariables(options.env ?? process.env);
  const provider = new BasicTracerProvider({
    resource: defaultResource().merge(
      resourceFromAttributes({
        "service.name": service,
        "service.version": version,
        "service.instance.id": replica,
        ...(environment !== undefined && { "deployment.environment.name": environment }),
      }),
    ),
    sampler: new ParentBasedSampler({
      root: new TraceIdRatioBasedSampler(samplePercent === undefined ? share : samplePercent / 100),
    }),
    spanLimits: { attributeValueLengthLimit: MAX_ATTRIBUTE_LENGTH },
    spanProcessors: url === undefined ? [] : [exportSpans(url, log)],
  });
  const tracer = provider.getTracer("micromesh");
  const propagator = new W3CTraceContextPropagator();

  return {
    server(request) {
      const { headers } = request;
      // One that is malformed is as good as none.
      const caller = propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
      const { name, ...begun } = serverSpan(request);
      const span = tracer.startSpan(name, begun, caller);
      const inside = trace.setSpan(caller, span);
      return {
        traceId: span.spanContext().traceId,
        client(sent) {
          const { name, ...begun } = clientSpan(sent);
          const child = tracer.startSpan(name, begun, inside);
          const headers: Record<string, string> = {};
          propagator.inject(trace.setSpan(inside, child), headers, defaultTextMapSetter);
          return { headers, end: (outcome) => endSpan(child, outcome, 400) };
        },
        end: (outcome) => endSpan(span, outcome, 500),
      };
    },
    async close() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, CLOSE_MS);
      });
      // What couldn't be sent has been told by then.
      await Promise.race([provider.shutdown().catch(() => {}), late]);
      clearTimeout(timer);
    },
  };
}

/**
 * Header fields to send on, with the span's own trace context in the place of the one that came in, which
 * may be malformed and is another's in any case.
 */
export function carrying<Value>(
  headers: Record<string, Value>,
  span: ClientSpan,
): Record<string, Value | string> {
  const others = Object.entries(headers).filter(([name]) => !TRACE_FIELDS.has(name.toLowerCase()));
  return { ...Object.fromEntries(others), ...span.headers };
}
