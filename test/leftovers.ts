/**
 * Mocha ends when nothing is open any more. Where a test has left something open, that is never: then the run ends
 * anyway, and says what it was.
 */
const PATIENCE_MS = 30_000;

/** What a handle of Node is, as far as it says. */
function nameOf(handle: object): string {
  const { spawnargs, pid, remotePort, localPort } = handle as Record<string, unknown>;
  const details = { spawnargs, pid, remotePort, localPort };
  return `${handle.constructor.name} ${JSON.stringify(details)}`;
}

export const mochaHooks = {
  afterAll() {
    // Node itself doesn't end where a socket was reset while it was being shut down: it waits for that socket, turning in
    // circles (Environment::CleanupHandles). Here nothing is open any more, and the code is mocha's, too.
    process.once("beforeExit", () => process.exit());
    setTimeout(() => {
      // Documented are the handles' kinds only, which don't tell one child process from another.
      const handles = (process as unknown as { _getActiveHandles(): object[] })._getActiveHandles();
      process.stderr.write(
        `Tests have left open: ${process.getActiveResourcesInfo().join(", ")}\n` +
          handles.map((handle) => `  ${nameOf(handle)}\n`).join(""),
      );
      // With the code that mocha has for the tests.
      process.exit();
    }, PATIENCE_MS).unref();
  },
};
