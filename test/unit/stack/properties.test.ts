import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConsortError } from '../../../ts/base/errors.js';
import { availableProperties, PROPERTIES, parseProperties, stackOf } from '../../../ts/stack/properties.js';

function errorOf(text: string): ConsortError {
  try {
    parseProperties(text, 'options.properties');
  } catch (error) {
    if (error instanceof ConsortError) return error;
  }
  throw new Error(`${text} was taken`);
}

describe('parseProperties', () => {
  it('takes names without regard to case, order and repetition', () => {
    expect(parseProperties('Frag:Flow')).toEqual(['Flow', 'Frag']);
    expect(parseProperties('flow:FRAG:Flow')).toEqual(['Flow', 'Frag']);
    expect(parseProperties(' Frag : Flow ')).toEqual(['Flow', 'Frag']);
    expect(parseProperties('Frag')).toEqual(['Frag']);
  });

  it('says which known properties are not available yet, and which are', () => {
    const error = errorOf('Gmp:Sync:Frag:Flow:Total');
    expect(error.code).toBe('ERR_NOT_AVAILABLE');
    expect(error.message).toBe(
      'options.properties: Gmp, Sync and Total are not available yet; available: Flow and Frag',
    );
    expect(error.details).toEqual({
      path: 'options.properties',
      missing: ['Gmp', 'Sync', 'Total'],
      available: ['Flow', 'Frag'],
    });
  });

  it('says what was meant by an unknown one', () => {
    const error = errorOf('Frga:Flow');
    expect(error.code).toBe('ERR_INVALID_OPTION');
    expect(error.message).toMatch(/^options\.properties: 'Frga' is no property, want .*; did you mean 'Frag'\?$/);
  });

  it.each(['', ':', 'Frag:', 'Frag::Flow', 'Frag,Flow', '__proto__', 'constructor'])('refuses %j', (text) => {
    expect(errorOf(text).code).toBe('ERR_INVALID_OPTION');
  });

  it('knows all properties of the seed documents', () => {
    const seed =
      'Agree Gmp Sync Total Heal Switch Auth Causal Subcast Frag Scale Suspect Flow Migrate Privacy Rekey Primary';
    for (const name of seed.split(' ')) expect(PROPERTIES).toHaveProperty(name);
  });

  it('never throws anything but a ConsortError', () => {
    const word = fc.oneof(fc.string(), fc.constantFrom(...Object.keys(PROPERTIES)));
    fc.assert(
      fc.property(fc.array(word), (words) => {
        try {
          const chosen = parseProperties(words.join(':'));
          expect(chosen.every((name) => availableProperties().includes(name))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(ConsortError);
        }
      }),
    );
  });
});

describe('stackOf', () => {
  it('writes the layers as Ensemble does', () => {
    expect(stackOf(parseProperties('Frag:Flow'))).toBe('Top_appl:Frag:Pt2ptw:Mflow:Pt2pt:Stable:Mnak:Bottom');
    expect(stackOf(parseProperties('Frag'))).toBe('Top_appl:Frag:Pt2pt:Stable:Mnak:Bottom');
  });
});
