/** Shells report a process that a signal ended as 128 plus the signal's number. */
export const SIGNALLED = 128;

/**
 * Resolves at the first signal that asks to end, with the exit code that shells expect of it; later ones are taken,
 * since the end is under way.
 */
export function stopSignal(): Promise<number> {
  const numbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };
  return new Promise((resolve) => {
    for (const [signal, number] of Object.entries(numbers)) {
      // For good: where no listener is left, the spinner's library ends the process by the signal.
      process.on(signal, () => resolve(SIGNALLED + number));
    }
  });
}
