import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConsortError } from '../../../ts/base/errors.js';
import { PARAM_NAMES, PARAMS, Params } from '../../../ts/stack/params.js';

function errorOf(text: string): ConsortError {
  try {
    Params.parse(text, 'options.params');
  } catch (error) {
    if (error instanceof ConsortError) return error;
    throw error;
  }
  throw new Error(`${text} was taken`);
}

describe('Params.parse', () => {
  it('takes what the seed documents write', () => {
    const params = Params.parse('suspect_max_idle=3:int;suspect_sweep=1.000:time');
    expect(params.number('suspect_max_idle')).toBe(3);
    expect(params.milliseconds('suspect_sweep')).toBe(1000);
  });

  it.each([
    'suspect_max_idle=3;suspect_sweep=0.25',
    'suspect_max_idle=3:suspect_sweep=0.25',
    'suspect_max_idle=3 suspect_sweep=0.25',
    ' suspect_max_idle=3:int ; suspect_sweep=0.25:time ; ',
    'suspect_max_idle=3:int:suspect_sweep=0.25:time',
    'suspect_max_idle=9;suspect_sweep=0.25;suspect_max_idle=3',
  ])('takes %j, whatever stands between', (text) => {
    const params = Params.parse(text);
    expect([params.number('suspect_max_idle'), params.milliseconds('suspect_sweep')]).toEqual([3, 250]);
  });

  it('has the defaults of the table for what is not said', () => {
    for (const text of ['', ';', '  ']) {
      const params = Params.parse(text);
      for (const name of PARAM_NAMES) expect(params.number(name)).toBe(PARAMS[name].default);
    }
  });

  it('counts times in seconds outside and in milliseconds inside', () => {
    expect(Params.parse('').milliseconds('heal_gather')).toBe(3);
    expect(Params.parse('merge_timeout=0.5').milliseconds('merge_timeout')).toBe(500);
  });

  it.each([
    'top_sweep=5:time',
    'stable_sweep=1.0:time;mnak_neighbor=true:bool',
    'frag_max_len=6192:int',
    'pt2pt_sweep=1:time;pt2ptw_window=50000:int;pt2ptwp_window=1:int;mflow_window=50000:int',
    'suspect_spacing=1:time;suspect_pad=0:int',
    'fz_decide_threshold=15:int',
    'leave_wait_stable=true:bool;heal_wait_stable=true',
    'window_window=100:int;mnak_fuzzy_policy=Never:string',
  ])('takes %j of Ensemble, without effect', (text) => {
    expect(String(Params.parse(text))).toBe('');
  });

  it('says what was meant by an unknown name', () => {
    const error = errorOf('suspect_swep=1');
    expect(error.code).toBe('ERR_INVALID_OPTION');
    expect(error.message).toMatch(
      /^options\.params: 'suspect_swep' is unknown; did you mean 'suspect_sweep'\?, want one of suspect_sweep, /,
    );
    expect(error.details).toMatchObject({ path: 'options.params' });
  });

  it.each(['constructor=1', 'tostring=1', '__proto__=1', 'hasownproperty=1'])('knows no parameter %j', (text) => {
    expect(errorOf(text).message).toContain('is unknown');
  });

  it.each([
    'suspect_sweep',
    '=1',
    'suspect_sweep=1:seconds',
    'suspect_sweep=1:time:2',
    'Suspect_sweep=1',
    'suspect-sweep=1',
    'suspect_sweep:1',
    'a=1,b=2',
  ])('refuses %j', (text) => {
    expect(errorOf(text).code).toBe('ERR_INVALID_OPTION');
  });

  it.each([
    ['suspect_max_idle=0', "suspect_max_idle is '0' (string), want an integer from 1 to 1000"],
    ['suspect_max_idle=1001', 'want an integer from 1 to 1000'],
    ['suspect_max_idle=2.5', 'want an integer from 1 to 1000'],
    ['suspect_max_idle=', "suspect_max_idle is '' (string)"],
    ['heal_gather= :time;', "heal_gather is ' ' (string)"],
    ['suspect_sweep=0', 'want a number of seconds from 0.001 to 3600'],
    ['suspect_sweep=-1', 'want a number of seconds from 0.001 to 3600'],
    ['suspect_sweep=NaN', 'want a number of seconds'],
    ['suspect_sweep=Infinity', 'want a number of seconds'],
    ['suspect_sweep=soon', "suspect_sweep is 'soon' (string)"],
    ['drop_rate=1.5', 'want a number from 0 to 1'],
  ])('refuses the value of %j', (text, part) => {
    expect(errorOf(text).message).toContain(part);
  });

  it('never throws anything but a ConsortError', () => {
    const word = fc.oneof(fc.string(), fc.constantFrom(...PARAM_NAMES, '=', ':', ';', '1', ':int', ':time', ' '));
    fc.assert(
      fc.property(fc.array(word), (words) => {
        try {
          Params.parse(words.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(ConsortError);
        }
      }),
    );
  });
});

describe('Params.toString', () => {
  const values = fc.record(
    Object.fromEntries(
      PARAM_NAMES.map((name) => {
        const { type, min, max } = PARAMS[name];
        return [name, type === 'int' ? fc.integer({ min, max }) : fc.double({ min, max, noNaN: true })];
      }),
    ),
    { requiredKeys: [] },
  );

  it('is one text for all that mean the same: parsed again it gives the same', () => {
    fc.assert(
      fc.property(values, (chosen) => {
        const text = Object.entries(chosen)
          .map(([name, value]) => `${name}=${value}`)
          .join(';');
        const params = Params.parse(text);
        const again = Params.parse(String(params));
        for (const name of PARAM_NAMES)
          expect(again.number(name)).toBeCloseTo(chosen[name] ?? PARAMS[name].default, 12);
        expect(String(again)).toBe(String(params));
      }),
    );
  });

  it('says what differs from the defaults, in the order of the table, with the types', () => {
    const text = 'heal_sweep=2; suspect_max_idle=5 ;suspect_sweep=0.1';
    expect(String(Params.parse(text))).toBe('suspect_sweep=0.1:time;heal_sweep=2:time');
    expect(String(Params.parse('suspect_sweep=0.5'))).toBe('');
  });
});

describe('the table of parameters', () => {
  it('has a default within its range and a sentence for each', () => {
    for (const [name, { type, default: value, min, max, sentence }] of Object.entries(PARAMS)) {
      expect({ name, ok: value >= min && value <= max && (type !== 'int' || Number.isInteger(value)) }).toEqual({
        name,
        ok: true,
      });
      expect(sentence).toMatch(/^[A-Z].*\.$/);
    }
  });
});
