import assert from "node:assert/strict";
import { Addresses } from "../../../../apps/router/router/addresses.ts";
import { expand, hostOf } from "../../../../apps/router/router/endpoints.ts";
import { pass, restoreClock, settle, stopClock } from "../../../traffic/clock.ts";

describe("router: addresses of names", () => {
  let lines: string[];
  let asked: string[];
  let answers: Record<string, string[] | Error>;
  let addresses: Addresses;

  beforeEach(() => {
    stopClock();
    lines = [];
    asked = [];
    answers = { a: ["10.0.0.2", "10.0.0.1"] };
    addresses = new Addresses(
      (line) => lines.push(line),
      async (host) => {
        asked.push(host);
        const answer = answers[host] ?? new Error(`getaddrinfo ENOTFOUND ${host}`);
        if (answer instanceof Error) throw answer;
        return answer;
      },
    );
  });
  afterEach(() => {
    addresses.close();
    restoreClock();
  });

  it("are looked up once a second, and an IP address never", async () => {
    addresses.follow(["a", "10.1.1.1", "fd00::1"]);
    assert.deepEqual(
      ["a", "10.1.1.1", "fd00::1"].map((host) => addresses.isKnown(host)),
      [false, true, true],
    );
    await settle();
    assert.deepEqual(addresses.of("a"), ["10.0.0.1", "10.0.0.2"]);
    assert.deepEqual(addresses.of("fd00::1"), ["fd00::1"]);
    const { revision } = addresses;
    await pass(950);
    assert.deepEqual(asked, ["a"]);
    await pass(1050);
    assert.deepEqual(asked, ["a", "a", "a"]);
    assert.equal(addresses.revision, revision, "nothing has changed");
    answers.a = ["10.0.0.3", "10.0.0.3"];
    await pass(1000);
    assert.deepEqual(addresses.of("a"), ["10.0.0.3"]);
    assert.notEqual(addresses.revision, revision);
  });

  it("stay what they were when a look-up fails, which is said once", async () => {
    addresses.follow(["a"]);
    await settle();
    delete answers.a;
    await pass(5000);
    assert.deepEqual(addresses.of("a"), ["10.0.0.1", "10.0.0.2"]);
    assert.deepEqual(lines, [
      "a: can't be looked up: getaddrinfo ENOTFOUND a; left at 10.0.0.1, 10.0.0.2",
    ]);
    answers.a = ["10.0.0.4"];
    await pass(2000);
    assert.deepEqual(lines.slice(1), ["a: looked up again: 10.0.0.4"]);
    answers.a = new Error("SERVFAIL");
    await pass(2000);
    assert.equal(lines.length, 3);
  });

  it("of a name that can't be looked up at first are none, and are known to be", async () => {
    addresses.follow(["gone"]);
    await settle();
    assert.deepEqual([addresses.of("gone"), addresses.isKnown("gone")], [[], true]);
    assert.deepEqual(lines, [
      "gone: can't be looked up: getaddrinfo ENOTFOUND gone; left at no address",
    ]);
  });

  it("are followed until they are wanted no more", async () => {
    addresses.follow(["a", "b"]);
    await settle();
    addresses.keepOnly(new Set(["b"]));
    asked.length = 0;
    await pass(3000);
    assert.deepEqual(asked, ["b", "b", "b"]);
    assert.deepEqual(addresses.of("a"), []);
    addresses.close();
    await pass(3000);
    assert.equal(asked.length, 3);
  });

  it("make endpoints, which share their name's weight", () => {
    const known: Record<string, string[]> = {
      a: ["10.0.0.1", "10.0.0.2", "fd00::1"],
      b: ["10.0.0.2"],
      "::1": ["::1"],
    };
    const endpoints = expand(
      [
        { url: "http://a:8080", weight: 3 },
        { url: "http://b:8080", weight: 2 },
        { url: "http://b", weight: 1 },
        { url: "http://[::1]:9", weight: 0 },
        { url: "http://nobody:1", weight: 5 },
      ],
      (host) => known[host] ?? [],
    );
    assert.deepEqual(
      endpoints.map(({ id, url, weight, host }) => [id, url, weight, host]),
      [
        ["10.0.0.1:8080", "http://10.0.0.1:8080", 1, "a:8080"],
        ["10.0.0.2:8080", "http://10.0.0.2:8080", 3, "a:8080"],
        ["[fd00::1]:8080", "http://[fd00::1]:8080", 1, "a:8080"],
        ["10.0.0.2:80", "http://10.0.0.2:80", 1, "b"],
        ["[::1]:9", "http://[::1]:9", 0, "[::1]:9"],
      ],
    );
    assert.equal(hostOf("http://[::1]:9"), "::1");
  });
});
