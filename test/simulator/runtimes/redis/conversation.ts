/** A raw conversation with a Redis server: bytes sent, whole replies got back as they came. */
import { once } from "node:events";
import { type NetConnectOpts, type Socket, connect as tcpConnect } from "node:net";

/** The end of the reply that starts at an index, or -1 where it isn't whole. */
export function endOfReply(text: string, from: number): number {
  const end = text.indexOf("\r\n", from);
  if (end < 0) return -1;
  const mark = text.charAt(from);
  const count = Number(text.slice(from + 1, end));
  const after = end + 2;
  if ("$=".includes(mark)) {
    const stop = count < 0 ? after : after + count + 2;
    return stop <= text.length ? stop : -1;
  }
  const items = "*~>".includes(mark) ? count : mark === "%" ? count * 2 : 0;
  let at = after;
  for (let i = 0; i < items && at >= 0; i++) at = endOfReply(text, at);
  return at;
}

/** A request as an array of bulk strings. */
export function request(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`;
}

export class Conversation {
  readonly socket: Socket;
  #received = "";
  #ended = false;
  #waiting: (() => void)[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    const wake = () => {
      for (const go of this.#waiting.splice(0)) go();
    };
    socket.on("data", (chunk) => {
      this.#received += chunk.toString("latin1");
      wake();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#ended = true;
      wake();
    });
    socket.on("end", () => {
      this.#ended = true;
      wake();
    });
  }

  static async open(to: NetConnectOpts): Promise<Conversation> {
    const socket = tcpConnect(to);
    await once(socket, "connect");
    return new Conversation(socket);
  }

  send(bytes: string): void {
    this.socket.write(bytes, "latin1");
  }

  /** The next whole reply; undefined where the server has closed instead. */
  async reply(): Promise<string | undefined> {
    for (;;) {
      const end = this.#received === "" ? -1 : endOfReply(this.#received, 0);
      if (end >= 0) {
        const reply = this.#received.slice(0, end);
        this.#received = this.#received.slice(end);
        return reply;
      }
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Everything up to the server's close. */
  async rest(): Promise<string> {
    while (!this.#ended) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.#received;
  }

  /** Sends a command and gives its reply. */
  async ask(...words: string[]): Promise<string | undefined> {
    this.send(request(words));
    return this.reply();
  }

  /** Sends commands in one piece and gives as many replies. */
  async pipeline(commands: readonly (readonly string[])[]): Promise<(string | undefined)[]> {
    this.send(commands.map(request).join(""));
    const replies: (string | undefined)[] = [];
    for (const _ of commands) replies.push(await this.reply());
    return replies;
  }

  close(): void {
    this.socket.destroy();
  }
}
