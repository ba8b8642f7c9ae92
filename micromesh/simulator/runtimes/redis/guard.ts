/**
 * Runs a native program so that it can't outlive us, even if we are killed with SIGKILL: a POSIX
 * shell between us and it reads a pipe that only we hold open. Each line on the pipe is a signal to
 * pass on; its end means that we are dead, and kills the program.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Writable } from "node:stream";

/**
 * $1: a directory to remove at the end; the rest: the program and its arguments. File descriptor 3
 * is the pipe.
 */
const SCRIPT = `
dir=$1
shift
"$@" 3<&- </dev/null &
program=$!
(
  while read -r signal; do kill -s "$signal" "$program"; done
  kill -s KILL "$program"
) <&3 3<&- >/dev/null 2>&1 &
watch=$!
wait "$program"
status=$?
kill -s KILL "$watch" 2>/dev/null
rm -rf -- "$dir"
exit "$status"
`;

export interface Guarded {
  /** The program's exit code; 128 plus the signal's number where one ended it. */
  readonly ended: Promise<number>;
  /** Sends the program a signal: TERM asks it to end. */
  signal(name: "TERM" | "KILL"): void;
}

/**
 * Starts a program under guard. Its output goes to ours.
 * @param directory removed when the program has ended, or when we have
 */
export function startGuarded(program: string, args: readonly string[], directory: string): Guarded {
  const shell: ChildProcess = spawn(
    "/bin/sh",
    ["-c", SCRIPT, "guard", directory, program, ...args],
    // A process group of its own: a terminal's Ctrl-C would reach the program beside what we pass on,
    // and to a second SIGINT redis-server exits with 1 and without saving.
    { stdio: ["ignore", "inherit", "inherit", "pipe"], detached: true },
  );
  const pipe = shell.stdio[3] as Writable;
  // The program may end between our look and our write.
  pipe.on("error", () => {});
  const ended = once(shell, "exit").then(([code]) => (typeof code === "number" ? code : 137));
  return { ended, signal: (name) => pipe.write(`${name}\n`) };
}
