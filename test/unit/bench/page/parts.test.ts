import { describe, expect, it } from 'vitest';
import { h, raw } from '../../../../bench/report/page/html.js';
import { linearScale, logScale, ninesScale, stepScale } from '../../../../bench/report/page/scale.js';
import { looksOf, toneOf } from '../../../../bench/report/page/tone.js';
import { amount, roundMicros, roundMillis, unbroken } from '../../../../bench/report/page/words.js';

describe('HTML', () => {
  it('is made of elements, with text escaped wherever it stands', () => {
    const element = h(
      'p',
      { title: 'a "b" <c>', hidden: true, id: undefined },
      'x < y & z',
      [h('br', {}), 5],
      raw('<b>'),
    );
    expect(element.html).toBe('<p title="a &quot;b&quot; &lt;c&gt;" hidden>x &lt; y &amp; z<br/>5<b></p>');
  });
});

const labels = (scale: { readonly ticks: readonly { readonly label: string }[] }) =>
  scale.ticks.map(({ label }) => label).filter((label) => label !== '');

describe('a logarithmic scale', () => {
  it('gives each factor of ten the same length, and begins and ends at round numbers', () => {
    const scale = logScale([1000, 90_000], String);
    expect(labels(scale)).toEqual(['1000', '10000', '100000']);
    expect([1000, 10_000, 100_000].map((value) => scale.place(value))).toEqual(
      [0, 0.5, 1].map((at) => expect.closeTo(at)),
    );
  });

  it('has more ticks where there are few powers of ten', () => {
    expect(labels(logScale([12, 45], String))).toEqual(['10', '20', '50']);
  });

  it.each([[[5]], [[10, 10]], [[0.5, 2]], [[0.0004, 1e9]], [[]]])('has room for %j', (values) => {
    const scale = logScale(values, String);
    for (const value of values) {
      expect(scale.place(value)).toBeGreaterThanOrEqual(-1e-9);
      expect(scale.place(value)).toBeLessThanOrEqual(1 + 1e-9);
    }
    for (const { value } of scale.ticks) expect(Number.isFinite(scale.place(value))).toBe(true);
  });
});

describe('other scales', () => {
  it('begin at 0 and end above all values', () => {
    const scale = linearScale([3, 47], String);
    expect(labels(scale)).toEqual(['0', '20', '40', '60']);
    expect([scale.place(0), scale.place(60)]).toEqual([0, 1]);
    expect(labels(linearScale([1], String))).toEqual(['0', '0.25', '0.5', '0.75', '1']);
  });

  it('set names at equal distances', () => {
    const scale = stepScale([65536, 16, 64, 16], String);
    expect(labels(scale)).toEqual(['16', '64', '65536']);
    expect([16, 64, 65536].map((value) => scale.place(value))).toEqual([0, 0.5, 1]);
    expect(stepScale([5], String).place(5)).toBe(0.5);
  });

  it('give each nine of a percentile the same length', () => {
    const scale = ninesScale(0.9999);
    expect(labels(scale)).toEqual(['50 %', '90 %', '99 %', '99.9 %', '99.99 %']);
    const place = (share: number) => scale.place(share);
    expect(place(0.5)).toBe(0);
    expect(place(0.9999)).toBeCloseTo(1);
    expect(place(0.999) - place(0.99)).toBeCloseTo(place(0.99) - place(0.9));
  });
});

describe('words of charts', () => {
  it('put the prefix before the unit of bytes', () => {
    expect([amount(397e6, 'B/s'), amount(397, 'B/s'), amount(31.7e6, 'msg/s')]).toEqual([
      '397 MB/s',
      '397 B/s',
      '31.7 M msg/s',
    ]);
  });

  it('name times of an axis in the unit that fits', () => {
    expect([roundMicros(50), roundMicros(2000), roundMillis(20), roundMillis(1000)]).toEqual([
      '50 µs',
      '2 ms',
      '20 ms',
      '1 s',
    ]);
  });

  it('keep a figure and its unit on one line', () => {
    expect(unbroken('native, 64 KiB, 33 % of it')).toBe('native, 64\u00a0KiB, 33\u00a0% of it');
  });
});

describe('colours', () => {
  it('are those of the mode, or of what is measured beside groups; others have one that does not change', () => {
    expect(toneOf({ row: 'group', mode: 'native' })).toBe('native');
    expect(toneOf({ row: 'tcp' })).toBe('tcp');
    const unknown = { row: 'somebody else' as 'tcp' };
    expect(toneOf(unknown)).toMatch(/^other-\d$/);
    expect(toneOf(unknown)).toBe(toneOf(unknown));
  });

  it('that two rows have in common are told apart by their lines', () => {
    const native = { row: 'group', mode: 'native' } as const;
    expect(looksOf([native, { row: 'tcp' }, native]).map(({ dash }) => dash)).toEqual([0, 0, 1]);
  });
});
