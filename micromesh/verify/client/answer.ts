import { bodyLimit, type Observation } from "./observation.ts";

/** What has been answered so far: kept while the request runs, so that a broken-off answer can be told. */
export class Answer {
  status?: number;
  headers?: Record<string, string>;
  addresses?: string[];
  services?: string[];
  #chunks?: Buffer[];
  #size = 0;

  /** The peer is there and may answer: from now on the body is a text, if an empty one. */
  open(): void {
    this.#chunks ??= [];
  }

  append(chunk: Buffer): void {
    this.open();
    this.#chunks?.push(chunk);
    this.#size += chunk.length;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks ?? []);
  }

  get empty(): boolean {
    return this.#size === 0;
  }

  /** More has come than will be looked at. */
  get full(): boolean {
    return this.#size > bodyLimit;
  }

  /** As plain data; fields that the answer lacks are absent. */
  toObservation(): Omit<Observation, "ms" | "failure"> {
    return {
      ...(this.status === undefined ? {} : { status: this.status }),
      ...(this.headers === undefined ? {} : { headers: this.headers }),
      ...(this.addresses === undefined ? {} : { addresses: this.addresses }),
      ...(this.services === undefined ? {} : { services: this.services }),
      ...(this.#chunks === undefined
        ? {}
        : { body: this.bytes.subarray(0, bodyLimit).toString("utf8") }),
      ...(this.full ? { truncated: true } : {}),
    };
  }
}
