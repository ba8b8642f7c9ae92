/** Writes a line of our own in the form of PostgreSQL's default `log_line_prefix`, `%m [%p] `. */
export function log(level: "LOG" | "WARNING" | "HINT" | "FATAL", text: string): void {
  const time = new Date().toISOString().replace("T", " ").replace("Z", " UTC");
  process.stderr.write(`${time} [${process.pid}] ${level}:  ${text}\n`);
}
