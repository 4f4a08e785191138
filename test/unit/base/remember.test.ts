import { describe, expect, it } from 'vitest';
import { remember } from '../../../ts/base/remember.js';

describe('remember', () => {
  it('makes what a text means once', () => {
    let made = 0;
    const parse = remember((text) => ({ text, nth: ++made }));
    expect(parse('a', 'x')).toBe(parse('a', 'y'));
    expect(parse('b', 'x')).toEqual({ text: 'b', nth: 2 });
    expect(made).toBe(2);
  });

  it('asks again for what was refused, with the path of the one who asks', () => {
    const parse = remember((text, path): string => {
      throw new Error(`${path}: ${text}`);
    });
    expect(() => parse('a', 'options.first')).toThrow('options.first: a');
    expect(() => parse('a', 'options.second')).toThrow('options.second: a');
  });

  it('forgets, so that many texts do not fill the memory, and then makes them anew', () => {
    let made = 0;
    const parse = remember((text) => ({ text, nth: ++made }));
    const first = parse('0', '');
    for (let i = 1; i <= 64; i++) parse(`${i}`, '');
    expect(parse('0', '')).not.toBe(first);
  });
});
