/** Tests of what the objects of a kind must be. */
import assert from "node:assert/strict";
import { read } from "./folder.ts";

type Values = Record<string, unknown>;

/** A value with the one at a path, such as `spec.ports.0.port`, replaced; undefined takes it away. */
function replaced(value: unknown, [key, ...rest]: string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as Values) }) as Values;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

/** The end of a problem that leaves clear what is meant. */
const clear = /make the two agree$|each needs a name$|name the container$/;

/** Problems with an object, without file and line, or none. */
async function problemsOf(object: unknown): Promise<string[]> {
  const { objects, lines } = await read({ "a.json": JSON.stringify(object) });
  // What leaves clear what is meant is told, and the object is taken all the same.
  const unclear = lines.filter((line) => !clear.test(line));
  assert.equal(objects.length, unclear.length === 0 ? 1 : 0, "left out exactly if it's unclear");
  return lines.map((line) => line.replace(/^a\.json:[0-9]+: \w+ default\/x: /, ""));
}

/** What's wrong once the value at a path is replaced. */
export type Wrong = [path: string, by: unknown, ...problems: string[]];

/** What a value may be replaced by. */
export type Right = [path: string, by: unknown];

/** Tests of an object that's good, unnamed or named `x`, and of what it becomes by a replaced value. */
export function describeKind(
  good: Values & { kind: string },
  wrong: Wrong[],
  right: Right[] = [],
): void {
  const object: Values = { metadata: { name: "x" }, ...good };
  describe(`${good.apiVersion} ${good.kind}`, () => {
    it("is taken where it's good", async () => {
      assert.deepEqual(await problemsOf(object), []);
    });
    for (const [path, by] of right) {
      it(`is taken with ${path} ${JSON.stringify(by)}`, async () => {
        assert.deepEqual(await problemsOf(replaced(object, path.split("."), by)), []);
      });
    }
    for (const [path, by, ...problems] of wrong) {
      it(`is refused with ${path} ${JSON.stringify(by)}`, async () => {
        assert.deepEqual(await problemsOf(replaced(object, path.split("."), by)), problems);
      });
    }
  });
}
