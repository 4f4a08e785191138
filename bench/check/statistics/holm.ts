/**
 * Holm's procedure: of many tests at once, with a probability of at least `1 - alpha` none is rejected whose null hypothesis is true, however
 * they hang together.
 */
export function holm(pValues: readonly number[], alpha: number): readonly boolean[] {
  const order = pValues.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  const rejected = new Array<boolean>(pValues.length).fill(false);
  for (const [place, { p, index }] of order.entries()) {
    if (p > alpha / (pValues.length - place)) break;
    rejected[index] = true;
  }
  return rejected;
}
