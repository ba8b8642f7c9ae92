import { Problem } from "../../../runtime/http/problem.ts";
import type { Failure, Hop } from "./failure.ts";

/** Who tells that it failed for somebody else says who that was. */
const FAILED_DEPENDENCY = "x-failed-dependency";

/** The database didn't do what was asked; answered as 503 with the hop. */
export class DatabaseUnavailable extends Problem {
  override name = "DatabaseUnavailable";
  readonly hop: Hop;
  /** What happened where, without what it means for the request. */
  readonly words: string;
  /** Of a change: whether it has been written. */
  readonly written: "no" | "unknown" | undefined;

  constructor({ hop, words }: Failure, written?: "no" | "unknown") {
    super(503, `${words}; ${ADVICE[written ?? "read"]}`, {
      [FAILED_DEPENDENCY]: "db",
      // What may have been done is not to be done again unseen.
      ...(written === "unknown" ? {} : { "retry-after": "1" }),
    });
    this.hop = hop;
    this.words = words;
    this.written = written;
  }
}

const ADVICE = {
  read: "try again later",
  no: "nothing was written: try again later",
  unknown: "it may or may not have been written: look before you send it again",
};
