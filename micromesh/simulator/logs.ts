import type { Flow } from "./agent/messages.ts";

export interface LogLine {
  /** `namespace/name` */
  pod: string;
  container: string;
  stream: "stdout" | "stderr";
  line: string;
}

/** Lines kept per pod, and flows kept in all. */
const LINES_PER_POD = 1_000;
const FLOWS = 2_000;

/** The latest lines of each pod. */
export class LineLog {
  private readonly pods = new Map<string, LogLine[]>();

  add(line: LogLine): void {
    let lines = this.pods.get(line.pod);
    if (!lines) {
      lines = [];
      this.pods.set(line.pod, lines);
    }
    lines.push(line);
    if (lines.length > LINES_PER_POD) lines.shift();
  }

  of(pod: string): LogLine[] {
    return [...(this.pods.get(pod) ?? [])];
  }
}

/** The latest decisions of the network, oldest first. */
export class FlowLog {
  private readonly flows: Flow[] = [];

  add(flow: Flow): void {
    this.flows.push(flow);
    if (this.flows.length > FLOWS) this.flows.shift();
  }

  latest(): Flow[] {
    return [...this.flows];
  }
}
