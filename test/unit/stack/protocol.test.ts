import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConsortError } from '../../../ts/base/errors.js';
import { availableProperties, type PropertyName, stackOf } from '../../../ts/stack/properties.js';
import { CONTROL_LAYERS, isServed, parseProtocol, servedProtocol } from '../../../ts/stack/protocol.js';

/** As the seed documents give it. */
const SEED = 'Top:Heal:Switch:Leave:Inter:Intra:Elect:Merge:Sync:Suspect:Top_appl:Pt2pt:Frag:Stable:Mnak:Bottom';
const FIXED = 'Top_appl:Frag:Pt2pt:Stable:Mnak:Bottom';

function errorOf(text: string): ConsortError {
  try {
    parseProtocol(text, 'options.protocol');
  } catch (error) {
    if (error instanceof ConsortError) return error;
    throw error;
  }
  throw new Error(`${text} was taken`);
}

describe('parseProtocol', () => {
  it("takes the seed documents' stack as it stands there", () => {
    expect(parseProtocol(SEED)).toEqual({
      text: SEED,
      layers: [
        ...['Top', 'Heal', 'Switch', 'Leave', 'Inter', 'Intra', 'Elect', 'Merge', 'Sync', 'Suspect', 'Top_appl'],
      ],
      ordering: [],
    });
  });

  it('takes layers that order casts wherever they stand', () => {
    const { layers, ordering } = parseProtocol(`total:${SEED.replace('Frag', 'Frag:subcast')}`);
    expect(ordering).toEqual(['Total', 'Subcast']);
    expect(layers).toEqual(parseProtocol(SEED).layers);
  });

  it('takes a stack without membership: a fixed view', () => {
    expect(parseProtocol(FIXED).layers).toEqual(['Top_appl']);
  });

  it('takes the stack of a membership service, whose layer stands at the top', () => {
    const text = 'Groupd:Leave:Intra:Elect:Sync:Suspect:Top_appl:Bottom';
    expect(parseProtocol(text).layers).toEqual(['Groupd', 'Leave', 'Intra', 'Elect', 'Sync', 'Suspect', 'Top_appl']);
    expect(errorOf(text.replace('Groupd:Leave', 'Leave:Groupd')).message).toContain('Leave stands above Groupd');
    expect(errorOf(text.replace('Sync:', '')).message).toContain('Sync missing');
    expect(errorOf(text.replace('Leave:', 'Leave:Inter:')).message).toContain('Inter with Groupd');
    expect([isServed(text), isServed(SEED), isServed(FIXED)]).toEqual([true, false, false]);
  });

  it('makes of any stack with views one for a membership service', () => {
    const served = 'Groupd:Leave:Intra:Elect:Sync:Suspect:Top_appl:Pt2pt:Frag:Stable:Mnak:Bottom';
    expect(servedProtocol(SEED)).toBe(served);
    expect(servedProtocol(served)).toBe(served);
    expect(servedProtocol(FIXED)).toBe(FIXED);
    expect(() => parseProtocol(served)).not.toThrow();
  });

  it('matches names without case and gives them as the table spells them', () => {
    expect(parseProtocol(SEED.toUpperCase()).text).toBe(SEED);
    expect(parseProtocol(SEED.toLowerCase()).text).toBe(SEED);
    expect(parseProtocol(SEED.replaceAll(':', ' : ')).text).toBe(SEED);
  });

  it('takes the stack of every list of properties that there is', () => {
    fc.assert(
      fc.property(fc.subarray(availableProperties()), (chosen: readonly PropertyName[]) => {
        const text = stackOf(chosen);
        expect(parseProtocol(text).text).toBe(text);
      }),
    );
  });

  it('lets the layers of the data plane stand in any order, and Vsync be named', () => {
    const text = SEED.replace('Pt2pt:Frag:Stable:Mnak', 'Mnak:Vsync:Stable:Frag:Pt2pt:Mflow:Pt2ptw');
    expect(parseProtocol(text).layers).toEqual(parseProtocol(SEED).layers);
  });

  it.each([
    [SEED.replace('Inter:Intra', 'Intra:Inter'), 'Intra stands above Inter'],
    [SEED.replace('Top:Heal', 'Heal:Top'), 'Heal stands above Top'],
    [SEED.replace('Sync:Suspect:Top_appl', 'Top_appl:Sync:Suspect'), 'Top_appl stands above Sync'],
    [`Bottom:${FIXED.replace(':Bottom', '')}`, 'Bottom is not the last'],
    ['Top_appl', 'Bottom is not the last'],
  ])('refuses the order of %s', (text, part) => {
    const error = errorOf(text);
    expect(error.code).toBe('ERR_INVALID_OPTION');
    expect(error.message).toContain(`options.protocol: ${part}`);
  });

  it.each([
    [SEED.replace('Sync:', ''), 'Sync missing'],
    [SEED.replace('Top:', '').replace('Intra:', ''), 'Top and Intra missing'],
    [SEED.replace('Top_appl:', ''), 'Top_appl is missing'],
    [`Heal:${FIXED}`, 'Top, Leave, Inter, Intra, Elect, Merge and Sync missing'],
    ['Bottom', 'Top_appl is missing'],
  ])('refuses %s, for what is missing', (text, part) => {
    const error = errorOf(text);
    expect(error.code).toBe('ERR_INVALID_OPTION');
    expect(error.message).toContain(part);
  });

  it('refuses a layer that is there twice', () => {
    expect(errorOf(SEED.replace('Elect', 'Elect:Elect')).message).toContain('Elect is there twice');
    expect(errorOf(SEED.replace('Mnak', 'Mnak:mnak')).message).toContain('Mnak is there twice');
  });

  it('says what was meant by an unknown name', () => {
    const error = errorOf(SEED.replace('Suspect', 'Supsect'));
    expect(error.code).toBe('ERR_INVALID_OPTION');
    expect(error.message).toMatch(/^options\.protocol: 'Supsect' is no layer, want .*; did you mean 'Suspect'\?$/);
  });

  it.each(['', ':', `${FIXED}:`, FIXED.replace('Frag', ''), 'constructor', '__proto__'])('refuses %j', (text) => {
    expect(errorOf(text).code).toBe('ERR_INVALID_OPTION');
  });

  it('says which known layers are not available yet', () => {
    const error = errorOf(SEED.replace('Top_appl', 'top_appl:encrypt:rekey'));
    expect(error.code).toBe('ERR_NOT_AVAILABLE');
    expect(error.message).toContain('options.protocol: Encrypt and Rekey are not available yet; available: Top, ');
    expect(error.details).toMatchObject({ missing: ['Encrypt', 'Rekey'] });
    expect(errorOf(SEED.replace('Suspect', 'Pr_suspect')).message).toContain('Pr_suspect is not available yet');
  });

  it('never throws anything but a ConsortError', () => {
    const word = fc.oneof(fc.string(), fc.constantFrom(...SEED.split(':'), 'Total', 'Vsync'));
    const shuffled = fc.shuffledSubarray(SEED.split(':'));
    fc.assert(
      fc.property(fc.oneof(fc.array(word), shuffled), (words) => {
        try {
          const { text, ...rest } = parseProtocol(words.join(':'));
          expect(parseProtocol(text)).toEqual({ text, ...rest });
          expect(rest.layers.every((layer) => CONTROL_LAYERS.includes(layer))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(ConsortError);
        }
      }),
    );
  });
});
