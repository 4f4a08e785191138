/** Leaves out steps of a scenario: halves first, then quarters, down to single ones. */

/**
 * @param steps those that are left
 * @param attempt whether the scenario fails still with these instead; then `steps` gives these
 */
export async function shrinkSteps<Step>(
  steps: () => readonly Step[],
  attempt: (steps: readonly Step[]) => Promise<boolean>,
): Promise<void> {
  for (let size = Math.ceil(steps().length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let from = steps().length - size; from > -size; from -= size) {
      const all = steps();
      const rest = [...all.slice(0, Math.max(0, from)), ...all.slice(from + size)];
      if (rest.length < all.length) await attempt(rest);
    }
  }
}
