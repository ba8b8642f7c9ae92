/**
 * The client as a program: `node -e SOURCE '{"request": …, "timeoutMs": …}'` prints one JSON line,
 * `{"observation": …}` or `{"error": "…"}`, and always exits 0: the line says what happened.
 */
import { observe } from "./observe.ts";

async function main(input: string): Promise<unknown> {
  try {
    const { request, timeoutMs } = JSON.parse(input);
    return { observation: await observe(request, timeoutMs) };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

main(process.argv.at(-1) ?? "").then((line) =>
  // A look-up can't be cancelled, and a silent name server would keep the process for its own timeout.
  process.stdout.write(`${JSON.stringify(line)}\n`, () => process.exit(0)),
);
