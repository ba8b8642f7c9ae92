/**
 * Incremental parser of what clients send: arrays of bulk strings, or inline commands.
 * The limits and error texts are those of Redis 7.0 (networking.c).
 */
import { constants } from "node:buffer";
import { splitWords } from "./words.ts";

/** Longest inline command, and longest line that announces a length, in bytes. */
const MAX_LINE = 64 * 1024;
/**
 * Most arguments of one command. Redis allows 2^31-1; here arguments travel as JavaScript call
 * arguments, which live on the stack.
 */
const MAX_ARGUMENTS = 32 * 1024;
/** Limits for clients that haven't authenticated yet. */
const MAX_ARGUMENTS_UNAUTHENTICATED = 10;
const MAX_BULK_UNAUTHENTICATED = 16 * 1024;

/** The stream can't be understood any more: the client gets the error and is disconnected. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

/** What the parser must know from outside. */
export interface ParserLimits {
  /** Longest bulk string, in bytes (`proto-max-bulk-len`, 512 MB by default). */
  readonly maxBulk: number;
  /** Whether the stricter limits for unauthenticated clients hold now. */
  readonly unauthenticated: () => boolean;
}

export class RequestParser {
  readonly #limits: ParserLimits;
  #chunks: Buffer[] = [];
  #size = 0;
  /** Arguments of the command under way that are still to come; 0 between commands. */
  #missing = 0;
  #arguments: string[] = [];
  /** Length of the bulk string under way, or -1 where its length line is still to come. */
  #bulk = -1;

  constructor(limits: ParserLimits) {
    this.#limits = limits;
  }

  /** Adds bytes that came from the client. */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
  }

  /** Bytes received and not yet parsed. */
  get pending(): number {
    return this.#size;
  }

  /**
   * The next whole command as byte strings, or undefined where more bytes are needed. Empty
   * commands are skipped, as Redis does.
   * @throws ProtocolError where the bytes aren't RESP or exceed a limit
   */
  next(): string[] | undefined {
    for (;;) {
      if (this.#missing === 0) {
        const line = this.#line("too big inline request", "too big mbulk count string");
        if (line === undefined) return undefined;
        if (!line.startsWith("*")) {
          const words = splitWords(line);
          if (!words) throw new ProtocolError("unbalanced quotes in request");
          if (words.length > 0) return words;
          continue;
        }
        this.#missing = this.#argumentCount(line.slice(1));
        this.#arguments = [];
        if (this.#missing === 0) continue;
      }
      while (this.#missing > 0) {
        const argument = this.#argument();
        if (argument === undefined) return undefined;
        this.#arguments.push(argument);
        this.#missing--;
      }
      const done = this.#arguments;
      this.#arguments = [];
      return done;
    }
  }

  #argumentCount(text: string): number {
    const count = strictInteger(text);
    if (count === undefined || count > MAX_ARGUMENTS) {
      throw new ProtocolError("invalid multibulk length");
    }
    if (count > MAX_ARGUMENTS_UNAUTHENTICATED && this.#limits.unauthenticated()) {
      throw new ProtocolError("unauthenticated multibulk length");
    }
    return Math.max(0, count);
  }

  #argument(): string | undefined {
    if (this.#bulk < 0) {
      const line = this.#line("too big bulk count string", "too big bulk count string");
      if (line === undefined) return undefined;
      if (!line.startsWith("$")) {
        throw new ProtocolError(`expected '$', got '${line.charAt(0) || "\r"}'`);
      }
      const length = strictInteger(line.slice(1));
      const most = Math.min(this.#limits.maxBulk, constants.MAX_STRING_LENGTH);
      if (length === undefined || length < 0 || length > most) {
        throw new ProtocolError("invalid bulk length");
      }
      if (length > MAX_BULK_UNAUTHENTICATED && this.#limits.unauthenticated()) {
        throw new ProtocolError("unauthenticated bulk length");
      }
      this.#bulk = length;
    }
    if (this.#size < this.#bulk + 2) return undefined;
    const text = this.#take(this.#bulk + 2).toString("latin1", 0, this.#bulk);
    this.#bulk = -1;
    return text;
  }

  /** The next line without its end, or undefined where it isn't whole yet. */
  #line(tooBigInline: string, tooBigCount: string): string | undefined {
    const first = this.#joined();
    const end = first.indexOf(0x0a);
    if (end < 0) {
      if (first.length > MAX_LINE) {
        throw new ProtocolError(first[0] === 0x2a ? tooBigCount : tooBigInline);
      }
      return undefined;
    }
    const line = this.#take(end + 1).toString("latin1", 0, end);
    return line.endsWith("\r") ? line.slice(0, -1) : line;
  }

  /** All unparsed bytes in one buffer. Only lines ask for it, so bulk strings are joined once. */
  #joined(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks, this.#size)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  #take(count: number): Buffer {
    const all = this.#joined();
    this.#size -= count;
    this.#chunks = this.#size > 0 ? [all.subarray(count)] : [];
    return all.subarray(0, count);
  }
}

/** An integer as Redis' `string2ll` reads it, as far as lengths go: no sign `+`, no leading zeros. */
function strictInteger(text: string): number | undefined {
  return /^(0|-?[1-9]\d{0,14})$/.test(text) ? Number(text) : undefined;
}
