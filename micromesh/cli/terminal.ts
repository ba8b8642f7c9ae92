import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import ora, { type Ora } from "ora";

/** What a command writes to: results on stdout, progress and errors on stderr. */
export interface Terminal {
  out(text: string): void;
  /** Writes pieces as they are, no faster than the reader takes them; one that leaves early is let go. */
  write(pieces: Iterable<string>): Promise<void>;
  /** Shows what is going on while `work` runs: a spinner on a terminal, plain lines elsewhere. */
  step<T>(title: string, work: (progress: (detail: string) => void) => Promise<T>): Promise<T>;
  note(text: string): void;
  colours: boolean;
  /** Columns of the terminal; 80 where it isn't one. */
  width: number;
}

/** @param quiet no progress: for `--json`, whose reader wants nothing else */
export function terminal(quiet = false): Terminal {
  const interactive = process.stderr.isTTY === true && !quiet;
  const colours = process.stdout.isTTY === true && !process.env.NO_COLOR;
  const note = (text: string) => {
    if (!quiet) process.stderr.write(`${text}\n`);
  };
  return {
    out: (text) => process.stdout.write(`${text}\n`),
    write: (pieces) =>
      pipeline(Readable.from(pieces), process.stdout, { end: false }).catch(
        (error: NodeJS.ErrnoException) => {
          if (error.code !== "EPIPE") throw error;
        },
      ),
    note,
    colours,
    width: process.stdout.columns ?? 80,
    async step(title, work) {
      const started = performance.now();
      // Ctrl-C belongs to the command, which has pods to end.
      const spinner: Ora | undefined = interactive
        ? ora({ text: title, discardStdin: false, stream: process.stderr }).start()
        : undefined;
      if (!spinner) note(`${title} ...`);
      try {
        const result = await work((detail) => {
          if (spinner) spinner.text = `${title}: ${detail}`;
        });
        const seconds = ((performance.now() - started) / 1000).toFixed(1);
        if (spinner) spinner.succeed(`${title} (${seconds} s)`);
        return result;
      } catch (error) {
        spinner?.fail(title);
        throw error;
      }
    },
  };
}
