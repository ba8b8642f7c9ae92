/** A thousand writes, in the middle of which something happens to PostgreSQL; for a simulator and for a cluster. */
import assert from "node:assert/strict";

const WRITES = 1000;
const CLIENTS = 8;
const RECOVERY_MS = 60_000;

/**
 * Writes items by several clients at once, and then reads all that there are. Every write that was acknowledged must be
 * there, once, the others answered 503; and in the end there must be an answer again.
 *
 * @param api its base URL
 * @param events what happens before a write, by its number
 * @returns how many writes were acknowledged, and how many weren't
 */
export async function writeThrough(
  api: string,
  events: Record<number, () => unknown>,
): Promise<{ acknowledged: number; failed: number }> {
  const url = `${api}/items`;
  const run = `run-${Date.now()}`;
  const acknowledged = new Set<string>();
  const happening: unknown[] = [];
  let failed = 0;
  let next = 0;
  const client = async () => {
    while (next < WRITES) {
      const number = next++;
      const event = events[number];
      if (event) happening.push(event());
      const name = `${run}-${number}`;
      if (await write(url, name)) acknowledged.add(name);
      else {
        failed++;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  await Promise.allSettled(happening);
  const deadline = Date.now() + RECOVERY_MS;
  while (!(await write(url, `${run}-after`))) {
    assert.ok(Date.now() < deadline, "the API doesn't recover");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const names = await read(url);
  const count = (name: string) => names.filter((one) => one === name).length;
  const found = new Set(names);
  const lost = [...acknowledged].filter((name) => !found.has(name));
  assert.deepEqual(lost, [], "acknowledged, and lost");
  const twice = [...acknowledged].filter((name) => count(name) > 1);
  assert.deepEqual(twice, [], "written twice");
  assert.ok(failed > 0, "nobody noticed what happened");
  return { acknowledged: acknowledged.size, failed };
}

async function write(url: string, name: string): Promise<boolean> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name }),
  });
  const body = await answer.text();
  if (answer.status === 201) return true;
  assert.equal(answer.status, 503, body);
  return false;
}

/** The names of all items, page by page. */
async function read(url: string): Promise<string[]> {
  const names: string[] = [];
  for (let after = 0; ; ) {
    const page = await fetch(`${url}?limit=1000&after=${after}`);
    const { items } = (await page.json()) as { items: { id: number; name: string }[] };
    names.push(...items.map(({ name }) => name));
    const last = items.at(-1);
    if (!last) return names;
    after = last.id;
  }
}
