/** Log lines in the form that Redis writes them. */

/** Redis' levels: `.` debug, `-` verbose, `*` notice, `#` warning. */
export type Level = "." | "-" | "*" | "#";

/** Writes one line to standard output. */
export function log(level: Level, message: string): void {
  process.stdout.write(`${logLine(process.pid, new Date(), level, message)}\n`);
}

/** `pid:M dd Mon yyyy hh:mm:ss.mmm level message`, in UTC; M stands for master. */
export function logLine(pid: number, at: Date, level: Level, message: string): string {
  const [, day, month, year, time] = at.toUTCString().split(" ");
  const milliseconds = String(at.getUTCMilliseconds()).padStart(3, "0");
  return `${pid}:M ${day} ${month} ${year} ${time}.${milliseconds} ${level} ${message}`;
}
