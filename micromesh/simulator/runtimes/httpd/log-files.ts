import fs from "node:fs";

/**
 * The files that logs go to. `/proc/self/fd/1`, `/dev/stdout` and their kin are this process's own
 * streams: opened as files, they'd truncate or be refused where they are pipes.
 */
export class LogFiles {
  private readonly streams = new Map<string, NodeJS.WritableStream>();
  private readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** @throws the system's error if the file can't be opened for appending. */
  open(target: string): void {
    this.stream(target);
  }

  write(target: string, text: string): void {
    this.stream(target).write(Buffer.from(text, "latin1"));
  }

  close(): void {
    for (const stream of this.streams.values())
      if (stream !== process.stdout && stream !== process.stderr) stream.end();
    this.streams.clear();
  }

  private stream(target: string): NodeJS.WritableStream {
    if (/^\/(?:proc\/self\/fd\/1|dev\/stdout)$/.test(target)) return process.stdout;
    if (/^\/(?:proc\/self\/fd\/2|dev\/stderr)$/.test(target)) return process.stderr;
    const path = target.startsWith("/") ? target : `${this.root}/${target}`;
    let stream = this.streams.get(path);
    if (!stream) {
      const opened = fs.createWriteStream(path, { fd: fs.openSync(path, "a") });
      opened.on("error", () => {});
      stream = opened;
      this.streams.set(path, stream);
    }
    return stream;
  }
}
