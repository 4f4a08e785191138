import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkNextStack } from '../../../ts/api/group-arguments.js';
import { defaultText, OPTION_NAMES, OPTIONS, type OptionDeclaration } from '../../../ts/api/option-table.js';
import { checkOptions } from '../../../ts/api/options.js';
import { ConsortArgumentError, ConsortError } from '../../../ts/base/errors.js';
import { newPortSet } from '../../../ts/data-plane/typescript/port-set.js';

function errorOf(options: unknown): ConsortError {
  try {
    checkOptions(options);
  } catch (error) {
    if (error instanceof ConsortError) return error;
    throw error;
  }
  throw new Error('the options were taken');
}

const withOption = (name: string, value: unknown) => ({ groupName: 'g', [name]: value });

describe('checkOptions', () => {
  it('fills in the defaults, and freezes', () => {
    const options = checkOptions({ groupName: 'demo' });
    expect(options).toEqual({
      groupName: 'demo',
      stack: {
        group:
          'Top:Heal:Switch:Leave:Inter:Intra:Elect:Merge:Sync:Suspect:Top_appl:Frag:Pt2ptw:Mflow:Pt2pt:Stable:Mnak:Bottom',
        fixed: 'Top_appl:Frag:Pt2ptw:Mflow:Pt2pt:Stable:Mnak:Bottom',
        params: '',
      },
      viewMessages: true,
      mode: 'auto',
      threadMode: 'multi',
      address: { host: '127.0.0.1', port: 0 },
      transport: 'UDP',
      multicastGroup: undefined,
      discovery: { type: 'multicast', group: undefined, interfaces: undefined, ttl: 1 },
      memory: 64 * 1024 * 1024,
      maxMessageSize: 64 * 1024 * 1024,
      highWaterMark: 64 * 1024,
      maxQueuedBytes: 64 * 1024 * 1024,
      eventBufferBytes: 1024 * 1024,
      mtu: undefined,
      checksum: false,
      offload: true,
      heartbeatRate: 5000,
      lingerMs: 1000,
      errorHandler: undefined,
      key: '',
      drop: undefined,
      seed: undefined,
      groupd: false,
      groupdHosts: [{ host: '127.0.0.1', port: 6790 }],
    });
    expect(Object.isFrozen(options)).toBe(true);
  });

  it('gives stacks to a membership service, with `groupd`', () => {
    const stackOf = (more: object) => checkOptions({ groupName: 'g', groupd: true, ...more }).stack;
    expect(stackOf({})).toMatchObject({
      group: 'Groupd:Leave:Intra:Elect:Sync:Suspect:Top_appl:Frag:Pt2ptw:Mflow:Pt2pt:Stable:Mnak:Bottom',
      fixed: 'Top_appl:Frag:Pt2ptw:Mflow:Pt2pt:Stable:Mnak:Bottom',
    });
    expect(stackOf({ properties: 'Gmp:Sync:Heal:Switch:Slander:Primary', params: 'primary_quorum=2' }).group).toBe(
      'Groupd:Leave:Intra:Elect:Sync:Top_appl:Pt2pt:Stable:Mnak:Bottom',
    );
    const protocol = 'Groupd:Leave:Intra:Elect:Sync:Top_appl:Bottom';
    expect(stackOf({ protocol }).group).toBe(protocol);
    expect(() => checkOptions({ groupName: 'g', protocol })).toThrow('want groupd: true with it');
  });

  it.each([
    ['a:1, b:2', ['a:1', 'b:2']],
    [
      ['a:1', { host: 'b', port: 2 }],
      ['a:1', 'b:2'],
    ],
    ['[::1]:7', ['::1:7']],
  ])('takes groupdHosts %j', (groupdHosts, addresses) => {
    const checked = checkOptions({ groupName: 'g', groupdHosts });
    expect(checked.groupdHosts.map(({ host, port }) => `${host}:${port}`)).toEqual(addresses);
  });

  it.each([[''], ['a'], ['a:0'], [[]], [7], [null], [['a:1', 'b']], [new Array(17).fill('a:1')]])(
    'refuses groupdHosts %j',
    (groupdHosts) => {
      expect(() => checkOptions({ groupName: 'g', groupdHosts })).toThrow(/^options.groupdHosts: /);
    },
  );

  it('takes undefined for any option that may be left out', () => {
    const all = Object.fromEntries(OPTION_NAMES.map((name) => [name, undefined]));
    expect(checkOptions({ ...all, groupName: 'g' })).toEqual(checkOptions({ groupName: 'g' }));
  });

  it('says path, value and what is wanted', () => {
    expect(errorOf(withOption('memory', -1)).message).toBe(
      'options.memory: got -1 (number), want an integer from 1 MiB to 64 GiB',
    );
    expect(errorOf(withOption('mode', 'navite')).message).toBe(
      "options.mode: got 'navite' (string), want one of 'auto', 'native', 'ts'",
    );
    expect(errorOf(withOption('memory', 0.5)).details).toEqual({
      path: 'options.memory',
      got: 0.5,
      want: 'an integer from 1 MiB to 64 GiB',
    });
  });

  it('refuses an unknown option, and says what was meant', () => {
    expect(errorOf({ groupName: 'g', threadmode: 'single' }).message).toBe(
      "options: unknown option 'threadmode'; did you mean 'threadMode'?",
    );
    expect(errorOf({ groupName: 'g', quux: 1 }).message).toBe("options: unknown option 'quux'");
  });

  it.each([
    ['groupName', ''],
    ['groupName', 'x'.repeat(256)],
    ['groupName', 'é'.repeat(128)],
    ['groupName', '\ud800'],
    ['groupName', undefined],
    ['groupName', 7],
    ['mode', 'TS'],
    ['threadMode', 'multiple'],
    ['memory', '64 MiB'],
    ['memory', Number.NaN],
    ['memory', 2 ** 40],
    ['memory', null],
    ['maxMessageSize', 0],
    ['maxMessageSize', 2 ** 31],
    ['highWaterMark', -1],
    ['maxQueuedBytes', Number.POSITIVE_INFINITY],
    ['eventBufferBytes', 1.5],
    ['mtu', 1199],
    ['mtu', 65505],
    ['mtu', 'automatic'],
    ['checksum', 1],
    ['offload', 'yes'],
    ['heartbeatRate', -5],
    ['lingerMs', 1e12],
    ['errorHandler', {}],
    ['key', 'k'.repeat(1025)],
    ['seed', 2 ** 32],
    ['drop', 0.5],
    ['drop', { rate: 2, seed: 1 }],
    ['drop', { rate: 0.5 }],
    ['drop', { rate: 0.5, seed: 1, extra: 1 }],
    ['drop', { rate: 0.5, seed: 1, ports: [7001] }],
    ['drop', { rate: 0.5, seed: 1, ports: new Int32Array(2048) }],
    ['drop', { rate: 0.5, seed: 1, ports: new Int32Array(new SharedArrayBuffer(64)) }],
    ['properties', 7],
    ['properties', 'Nonsense'],
    ['transports', 'CARRIER_PIGEON'],
    ['transports', 7],
    ['multicastGroup', '239.1.2.3:5000'],
    ['discovery', 'multikast'],
    ['discovery', { type: 'gossip' }],
    ['discovery', null],
    ['address', 'localhost'],
    ['address', ''],
    ['address', ':5001'],
    ['address', '::1:5001'],
    ['address', '[127.0.0.1]:5001'],
    ['address', '127.1:5001'],
    ['address', '300.1.1.1:5001'],
    ['address', 'a b:5001'],
    ['address', '127.0.0.1:70000'],
    ['address', '127.0.0.1:-1'],
    ['address', { host: '127.0.0.1' }],
    ['address', { host: 1, port: 1 }],
    ['address', 5001],
  ])('refuses %s: %j', (name, value) => {
    const error = errorOf(withOption(name, value));
    expect(error).toBeInstanceOf(ConsortArgumentError);
    expect(error.code).toBe('ERR_INVALID_OPTION');
    expect(error.message.startsWith(`options.${name}`)).toBe(true);
    expect(error.message.length).toBeLessThan(400);
  });

  it('takes ports to drop in shared memory, and looks there, not in a copy', () => {
    const ports = newPortSet();
    expect(checkOptions(withOption('drop', { rate: 0, seed: 1, ports })).drop?.ports).toBe(ports);
    expect(checkOptions(withOption('drop', { rate: 0, seed: 1 })).drop).toEqual({ rate: 0, seed: 1 });
  });

  it.each([undefined, null, 7, 'demo', []])('refuses %j for options', (options) => {
    expect(errorOf(options)).toBeInstanceOf(ConsortArgumentError);
  });

  it('takes the least and the most of each number, and nothing beyond', () => {
    for (const name of OPTION_NAMES) {
      const { kind }: OptionDeclaration = OPTIONS[name];
      if (kind.type !== 'integer') continue;
      for (const value of [kind.min, kind.max])
        expect(checkOptions(withOption(name, value))).toMatchObject({ [name]: value });
      for (const value of [kind.min - 1, kind.max + 1])
        expect(errorOf(withOption(name, value)).code).toBe('ERR_INVALID_OPTION');
    }
  });

  it('takes addresses in all their forms, and canonicalizes them', () => {
    const addresses = ['10.0.0.1:5001', '[0:0::1]:5001', 'node-1.example:0', { host: '2001:DB8::1', port: 9 }];
    expect(addresses.map((address) => checkOptions({ groupName: 'g', address }).address)).toEqual([
      { host: '10.0.0.1', port: 5001 },
      { host: '::1', port: 5001 },
      { host: 'node-1.example', port: 0 },
      { host: '2001:db8::1', port: 9 },
    ]);
  });

  it('takes the first known transport of a list', () => {
    const transportOf = (transports: string) => checkOptions({ groupName: 'g', transports }).transport;
    expect([transportOf('UDP'), transportOf('udp:ATM'), transportOf('ATM:UDP')]).toEqual(['UDP', 'UDP', 'UDP']);
    const options = { groupName: 'g', transports: 'DEERING:UDP', multicastGroup: '239.1.2.3:5000' };
    expect(checkOptions(options)).toMatchObject({
      transport: 'DEERING',
      multicastGroup: { host: '239.1.2.3', port: 5000 },
    });
    expect(errorOf({ ...options, multicastGroup: undefined }).message).toMatch(
      /^options\.multicastGroup: got undefined/,
    );
    expect(errorOf({ ...options, multicastGroup: '10.1.2.3:5000' }).code).toBe('ERR_INVALID_OPTION');
  });

  it('says what is available instead of a transport or property that is not yet', () => {
    expect(errorOf(withOption('transports', 'TCP:UDP'))).toMatchObject({
      code: 'ERR_NOT_AVAILABLE',
      message: 'options.transports: TCP is not available yet; available: UDP and DEERING',
    });
    expect(errorOf(withOption('properties', 'Gmp:Privacy'))).toMatchObject({
      code: 'ERR_NOT_AVAILABLE',
      details: { missing: ['Privacy'] },
    });
  });

  it('never throws anything but a ConsortError, whatever it is given', () => {
    const known = fc.dictionary(fc.constantFrom<string>(...OPTION_NAMES), fc.anything());
    fc.assert(
      fc.property(fc.oneof(fc.anything(), known), (options) => {
        try {
          expect(Object.isFrozen(checkOptions(options))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(ConsortError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('the stack', () => {
  const seed = 'Top:Heal:Switch:Leave:Inter:Intra:Elect:Merge:Sync:Suspect:Top_appl:Pt2pt:Frag:Stable:Mnak:Bottom';
  const stackOf = (options: object) => checkOptions({ groupName: 'g', ...options }).stack;

  it('is that of the properties, of the layers, or of Horus', () => {
    expect(stackOf({ protocol: seed })).toEqual({ group: seed, fixed: undefined, params: '' });
    expect(stackOf({ protocol: seed.toLowerCase() }).group).toBe(seed);
    expect(stackOf({ properties: 'Frag' })).toEqual({
      group: undefined,
      fixed: 'Top_appl:Frag:Pt2pt:Stable:Mnak:Bottom',
      params: '',
    });
    const horus = stackOf({ protocol: 'BUFFER:ORDER:UNPACK:MERGE(auto=0):VIEWS' });
    expect(horus).toEqual({ ...stackOf({ properties: 'Gmp:Sync:Heal:Suspect:Frag:Flow' }), params: 'heal_auto=0:int' });
    expect(stackOf({ protocol: 'BUFFER:VIEWS' }).params).toBe('heal_auto=0:int');
    expect(stackOf({ protocol: 'BUFFER:MERGE:VIEWS' })).toMatchObject({ group: horus.group, params: '' });
  });

  it("keeps the parameters of Horus's stacks also as the next one of a group, unless others are given", () => {
    const horus = 'BUFFER:ORDER:CAUSAL:UNPACK:TOTAL:MERGE(auto=0):VIEWS';
    expect(checkNextStack(horus, '')).toEqual({
      protocol: stackOf({ properties: 'Gmp:Sync:Heal:Suspect:Frag:Flow:Causal:Total' }).group,
      params: 'heal_auto=0:int',
    });
    expect(checkNextStack(horus, 'heal_auto=1;suspect_sweep=2').params).toBe('suspect_sweep=2:time');
  });

  it('has parameters in their one spelling', () => {
    expect(stackOf({ params: 'suspect_max_idle=3:int;suspect_sweep=1.000:time' }).params).toBe(
      'suspect_sweep=1:time;suspect_max_idle=3:int',
    );
  });

  it.each([
    [{ properties: 'Gmp', protocol: seed }, /want one of both/],
    [{ properties: 'Heal:Frag' }, /Heal needs Gmp/],
    [{ properties: 'Gmp:Primary' }, /primary_quorum/],
    [{ protocol: 'Bottom:Top_appl' }, /Bottom is not the last/],
    [{ protocol: 'Top:Top_appl:Bottom' }, /Leave, Inter, Intra, Elect, Merge and Sync missing/],
    [{ protocol: 'BUFFER:MERGE(auto=2):VIEWS' }, /MERGE\(auto=2\)/],
    [{ protocol: 'BUFFER:FOO:VIEWS' }, /'FOO' is no layer of Horus/],
    [{ params: 'suspect_swep=1' }, /did you mean 'suspect_sweep'/],
    [{ params: 'suspect_sweep=fast' }, /a number of seconds from/],
  ])('refuses %j', (options, message) => {
    const error = errorOf({ groupName: 'g', ...options });
    expect(error.code).toBe('ERR_INVALID_OPTION');
    expect(error.message).toMatch(message);
  });
});

describe('the table of options', () => {
  it('gives each a sentence and a default', () => {
    for (const name of OPTION_NAMES) {
      const declaration: OptionDeclaration = OPTIONS[name];
      expect(declaration.sentence).toMatch(/\.$/);
      expect(defaultText(declaration)).not.toMatch(/undefined/);
    }
  });
});
