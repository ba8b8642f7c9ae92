/**
 * Draws one of several by weight.
 *
 * @param random a number in [0, 1)
 * @returns undefined if there is none with a weight above 0
 */
export function draw<T extends { weight: number }>(
  items: readonly T[],
  random: number,
): T | undefined {
  let left = random * items.reduce((sum, { weight }) => sum + weight, 0);
  let drawn: T | undefined;
  for (const item of items) {
    if (item.weight <= 0) continue;
    // Rounding may leave a rest after the last one, who then is drawn.
    drawn = item;
    left -= item.weight;
    if (left < 0) break;
  }
  return drawn;
}
