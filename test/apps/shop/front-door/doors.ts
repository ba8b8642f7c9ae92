/** Where a shop is reached, and a customer who goes there. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type Answer, ask } from "../runtime/world.ts";

/** A running shop, wherever it runs. */
export interface Doors {
  /** Base URL of the gateway: port 8080 of `npm start`. */
  gateway: string;
  /** Base URL that the registry's paths are served at: port 8081 of `npm start`. */
  registry: string;
  /** The pods that the platform itself says a service has. */
  pods(service: string): Promise<Pod[]>;
}

export interface Pod {
  name: string;
  ip: string;
}

/** The shop's services, in the order of its settings. */
export const SERVICES = ["catalog", "cart", "order"];

/** Asks one shop, and knows how each of its answers must look. */
export class Customer {
  readonly #doors: () => Doors;
  /** Other customers may have come to the same shop before. */
  readonly #run = randomUUID().slice(0, 8);
  #users = 0;

  /** @param doors asked for at each request, for it may not be up when tests are declared */
  constructor(doors: () => Doors) {
    this.#doors = doors;
  }

  get doors(): Doors {
    return this.#doors();
  }

  /** A name that nobody has had. */
  user(): string {
    return `user-${this.#run}-${this.#users++}`;
  }

  get(path: string, headers?: Record<string, string>): Promise<Answer> {
    return ask("GET", this.doors.gateway + path, headers);
  }

  post(path: string, headers?: Record<string, string>): Promise<Answer> {
    return ask("POST", this.doors.gateway + path, headers);
  }

  remove(path: string, headers?: Record<string, string>): Promise<Answer> {
    return ask("DELETE", this.doors.gateway + path, headers);
  }

  /** The service's pods by name, sorted; there are some. */
  async pods(service: string): Promise<Pod[]> {
    const pods = await this.doors.pods(service);
    assert.ok(pods.length > 0, `no pod of ${service}`);
    return pods.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** That a replica of the service has answered, by way of the gateway. */
  async isFrom(service: string, { headers }: Answer): Promise<void> {
    const names = (await this.pods(service)).map(({ name }) => name);
    const replica = headers.get("x-replica-id") ?? "";
    assert.ok(names.includes(replica), `X-Replica-ID "${replica}" is none of ${names}`);
    assert.equal(headers.get("x-version"), "v1");
    isTimedJson(headers);
  }

  /** That the request was refused, in words, and by whom it should be. */
  async isRefused(service: string, answer: Answer, status: number, why: RegExp): Promise<void> {
    await this.isFrom(service, answer);
    assert.equal(answer.status, status, JSON.stringify(answer.body));
    assert.deepEqual(Object.keys(answer.body), ["error"]);
    assert.match(answer.body.error, why);
  }
}

/** What all of the gateway's answers in JSON have. */
export function isTimedJson(headers: Headers): void {
  assert.match(headers.get("x-response-time") ?? "", /^(?!0\.00)\d+\.\d\dms$/);
  assert.match(headers.get("content-type") ?? "", /^application\/json/);
}
