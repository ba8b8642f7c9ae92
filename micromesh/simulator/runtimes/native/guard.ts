/**
 * Runs a native program so that it can't outlive us, even if we are killed with SIGKILL: a POSIX
 * shell between us and it reads a pipe that only we hold open. Each line on the pipe is a signal to
 * pass on; its end means that we are dead, and ends the program.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Writable } from "node:stream";

/**
 * $1: a directory to remove at the end; $2: the signal that ends the program when we are dead; the
 * rest: the program and its arguments. File descriptor 3 is the pipe. What the signal doesn't end
 * within ten seconds is killed; the short naps leave nothing behind for long. What the shell would
 * say of a killed program is left out: where nobody reads it any more, saying it ends the shell.
 * Another user's shell may empty the directory, but not remove it.
 */
const SCRIPT = `
dir=$1
last=$2
shift 2
"$@" 3<&- </dev/null &
program=$!
(
  while read -r signal; do kill -s "$signal" "$program"; done
  kill -s "$last" "$program"
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    kill -s 0 "$program" || exit
    sleep 1
  done
  kill -s KILL "$program"
) <&3 3<&- >/dev/null 2>&1 &
watch=$!
wait "$program" 2>/dev/null
status=$?
kill -s KILL "$watch" 2>/dev/null
rm -rf -- "$dir" 2>/dev/null
exit "$status"
`;

/** Signals that programs of ours are sent. */
export type ProgramSignal = "TERM" | "INT" | "QUIT" | "KILL";

export interface Guarded {
  /** The program's exit code; 128 plus the signal's number where one ended it. */
  readonly ended: Promise<number>;
  /** Sends the program a signal; what it means is the program's own. */
  signal(name: ProgramSignal): void;
}

export interface GuardOptions {
  /** What ends the program when we are dead; SIGKILL without it. */
  readonly lastSignal?: "QUIT" | "KILL";
  /** Another user to run as, which only root can choose. */
  readonly account?: { readonly uid: number; readonly gid: number };
  /** Its environment; ours without it. */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Starts a program under guard. Its output goes to ours.
 * @param directory removed when the program has ended, or when we have; emptied only, by another user
 */
export function startGuarded(
  program: string,
  args: readonly string[],
  directory: string,
  { lastSignal = "KILL", account, env }: GuardOptions = {},
): Guarded {
  const shell: ChildProcess = spawn(
    "/bin/sh",
    ["-c", SCRIPT, "guard", directory, lastSignal, program, ...args],
    // A process group of its own: a terminal's Ctrl-C would reach the program beside what we pass on,
    // and to a second SIGINT redis-server exits with 1 and without saving.
    {
      stdio: ["ignore", "inherit", "inherit", "pipe"],
      detached: true,
      env,
      uid: account?.uid,
      gid: account?.gid,
      // Ours may be closed to the other user.
      cwd: account ? "/" : undefined,
    },
  );
  const pipe = shell.stdio[3] as Writable;
  // The program may end between our look and our write.
  pipe.on("error", () => {});
  const ended = once(shell, "exit").then(([code]) => (typeof code === "number" ? code : 137));
  return { ended, signal: (name) => pipe.write(`${name}\n`) };
}
