import type net from "node:net";

const END_OF_HEAD = "\r\n\r\n";

/** An application's connection that its sidecar has accepted, before it's known who will answer. */
export class Held {
  private readonly accepted: Promise<net.Socket | undefined>;
  private head: Buffer = Buffer.alloc(0);

  /** @param accepted undefined: the application was gone before */
  constructor(accepted: Promise<net.Socket | undefined>) {
    this.accepted = accepted;
  }

  /** Whether the application speaks HTTP; waits for its first bytes. */
  async speaksHttp(): Promise<boolean> {
    return looksLikeHttp(await this.read((head) => head !== ""));
  }

  /** Leads the application to a server. */
  async lead(server: net.Socket): Promise<void> {
    const socket = await this.accepted;
    if (!socket || socket.destroyed) {
      server.destroy();
      return;
    }
    server.on("error", () => socket.destroy());
    socket.on("error", () => server.destroy());
    socket.on("close", () => server.destroy());
    server.on("close", () => socket.destroySoon());
    if (this.head.length > 0) server.write(this.head);
    socket.pipe(server).pipe(socket);
  }

  /** Answers the application's first request when its head is there. */
  async answer(text: string): Promise<void> {
    await this.read((head) => head.includes(END_OF_HEAD));
    await this.close(text);
  }

  /** Closes the connection, the application's side as soon as it's told. */
  async close(text = ""): Promise<void> {
    const socket = await this.accepted;
    socket?.resume();
    socket?.end(text);
  }

  /** Reads on until it's enough, or all; what was read is still to be led on. */
  private async read(enough: (head: string) => boolean): Promise<string> {
    const socket = await this.accepted;
    for (;;) {
      const head = this.head.toString("latin1");
      if (enough(head) || !socket || socket.readableEnded || socket.destroyed) return head;
      const chunk = socket.read() as Buffer | null;
      if (chunk) this.head = Buffer.concat([this.head, chunk]);
      else await readableOrClosed(socket);
    }
  }
}

function readableOrClosed(socket: net.Socket): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      for (const event of ["readable", "end", "close"]) socket.off(event, settle);
      resolve();
    };
    for (const event of ["readable", "end", "close"]) socket.on(event, settle);
  });
}

/** A request line, or the beginning of one. */
export function looksLikeHttp(head: string): boolean {
  return /^[A-Z]{1,20}( \S*( HTTP\/1\.|$)|$)/.test(head.split("\r\n")[0] ?? "");
}
