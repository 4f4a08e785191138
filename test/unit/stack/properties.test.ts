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
    const error = errorOf('Gmp:Sync:Frag:Flow:Scale:auth');
    expect(error.code).toBe('ERR_NOT_AVAILABLE');
    expect(error.message).toBe(
      'options.properties: Auth and Scale are not available yet; available: ' +
        'Agree, Causal, Debug, Drop, Flow, Frag, Gmp, Heal, Local, Primary, Slander, Subcast, Suspect, Switch, Sync and Total',
    );
    expect(error.details).toEqual({
      path: 'options.properties',
      missing: ['Auth', 'Scale'],
      available: availableProperties(),
    });
  });

  it.each(['Heal', 'Primary', 'Slander', 'Suspect', 'Switch', 'Sync'])('refuses %s without Gmp', (name) => {
    const error = errorOf(`Frag:${name}:Flow`);
    expect(error.code).toBe('ERR_INVALID_OPTION');
    expect(error.message).toBe(`options.properties: ${name} needs Gmp, want Gmp with them`);
    expect(parseProperties(`Frag:${name}:Flow:gmp`)).toContain(name);
  });

  it('names all that need Gmp', () => {
    expect(errorOf('Sync:Heal:Frag').message).toBe('options.properties: Heal and Sync need Gmp, want Gmp with them');
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
  it.each([
    ['Frag:Flow', 'Top_appl:Frag:Pt2ptw:Mflow:Pt2pt:Stable:Mnak:Bottom'],
    ['Frag', 'Top_appl:Frag:Pt2pt:Stable:Mnak:Bottom'],
    // What Maestro asks for where nothing is said.
    [
      'Gmp:Sync:Heal:Switch:Frag:Suspect:Flow',
      'Top:Heal:Switch:Leave:Inter:Intra:Elect:Merge:Sync:Suspect:Top_appl:Frag:Pt2ptw:Mflow:Pt2pt:Stable:Mnak:Bottom',
    ],
    // Of Ensemble's own programs.
    [
      'Gmp:Sync:Heal:Frag:Suspect:Flow:Slander',
      'Top:Heal:Leave:Inter:Intra:Elect:Merge:Slander:Sync:Suspect:Top_appl:Frag:Pt2ptw:Mflow:Pt2pt:Stable:Mnak:Bottom',
    ],
    [
      'Gmp:Sync:Debug:Total:Agree',
      'Top:Leave:Inter:Intra:Elect:Merge:Sync:Top_appl:Agree:Total:Chk_sync:Chk_fifo:Chk_total:Chk_agree:Pt2pt:Stable:Mnak:Bottom',
    ],
    [
      'Gmp:Sync:Debug:Causal:Local',
      'Top:Leave:Inter:Intra:Elect:Merge:Sync:Top_appl:Causal:Local:Chk_sync:Chk_fifo:Chk_causal:Pt2pt:Stable:Mnak:Bottom',
    ],
    ['Gmp:Primary:Sync', 'Top:Primary:Leave:Inter:Intra:Elect:Merge:Sync:Top_appl:Pt2pt:Stable:Mnak:Bottom'],
  ])('gives %s the layers that Ensemble gives it', (properties, stack) => {
    expect(stackOf(parseProperties(properties))).toBe(stack);
  });

  it('gives Gmp alone the agreement on the cut: Sync comes with it', () => {
    expect(stackOf(parseProperties('Gmp'))).toBe(stackOf(parseProperties('Gmp:Sync')));
  });
});
