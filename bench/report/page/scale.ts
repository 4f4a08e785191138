/** From values to places on an axis, and where its ticks are. */
export interface Tick {
  readonly value: number;
  readonly label: string;
  /** A line and no label: between the powers of ten. */
  readonly minor?: boolean;
}

export interface Scale {
  readonly ticks: readonly Tick[];
  /** From 0, the axis' begin, to 1, its end. */
  place(value: number): number;
}

type Format = (value: number) => string;

/** A scale on which every step of the same ratio is of the same length. Begins and ends at round numbers. */
export function logScale(values: readonly number[], format: Format): Scale {
  const positive = values.filter((value) => value > 0);
  const [low, high] = positive.length === 0 ? [1, 10] : [Math.min(...positive), Math.max(...positive)];
  // Over few powers of ten there would be too few ticks.
  const steps = Math.log10(high / low) < 1.6 ? [1, 2, 5] : [1];
  const from = below(low, [1, 2, 5]);
  const to = Math.max(above(high, [1, 2, 5]), above(from * 1.01, [1, 2, 5]));
  const between = (value: number) => value >= from * 0.999 && value <= to * 1.001;
  const powers = range(Math.floor(Math.log10(from)), Math.ceil(Math.log10(to))).map((power) => 10 ** power);
  const major = powers.flatMap((power) => steps.map((step) => step * power)).filter(between);
  const minor = powers.flatMap((power) => [2, 3, 4, 5, 6, 7, 8, 9].map((step) => step * power)).filter(between);
  return {
    ticks: [
      ...minor.filter((value) => !major.includes(value)).map((value) => ({ value, label: '', minor: true })),
      ...major.map((value) => ({ value, label: format(value) })),
    ],
    // Nothing has no place on it: bars begin where the axis does.
    place: (value) => (value > 0 ? (Math.log(value) - Math.log(from)) / (Math.log(to) - Math.log(from)) : 0),
  };
}

/** From 0 to a round number that no value is above. */
export function linearScale(values: readonly number[], format: Format): Scale {
  const high = Math.max(...values, Number.MIN_VALUE);
  const rough = high / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5, 10].find((each) => each * power >= rough * 0.999) ?? 10) * power;
  const count = Math.ceil((high / step) * 0.999);
  return {
    ticks: range(0, count).map((at) => ({ value: at * step, label: format(at * step) })),
    place: (value) => value / (count * step),
  };
}

/** Values that are names: each at the same distance from the next. */
export function stepScale(values: readonly number[], format: Format): Scale {
  const sorted = [...new Set(values)].sort((a, b) => a - b);
  return {
    ticks: sorted.map((value) => ({ value, label: format(value) })),
    place: (value) => (sorted.length === 1 ? 0.5 : sorted.indexOf(value) / (sorted.length - 1)),
  };
}

/** Each nine more is as long as the last: 90, 99, 99.9 %. Values are shares below 1; the first is half. */
export function ninesScale(last: number): Scale {
  const nines = (share: number) => -Math.log10(1 - share);
  const [from, to] = [nines(0.5), nines(last)];
  const ticks = [0.5, 0.9, 0.99, 0.999, 0.9999].filter((share) => share <= last * 1.000001);
  return {
    ticks: ticks.map((share) => ({ value: share, label: `${Number((share * 100).toFixed(2))} %` })),
    place: (share) => (nines(share) - from) / (to - from),
  };
}

function below(value: number, steps: readonly number[]): number {
  const power = 10 ** Math.floor(Math.log10(value) + 1e-9);
  return Math.max(...steps.map((step) => step * power).filter((each) => each <= value * 1.000001));
}

function above(value: number, steps: readonly number[]): number {
  const power = 10 ** Math.floor(Math.log10(value) + 1e-9);
  return Math.min(...[...steps, 10].map((step) => step * power).filter((each) => each >= value * 0.999999));
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => from + at);
}
