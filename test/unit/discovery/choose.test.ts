import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConsortArgumentError } from '../../../ts/base/errors.js';
import { parseDiscovery } from '../../../ts/discovery/choose.js';

function errorOf(option: unknown): ConsortArgumentError {
  try {
    parseDiscovery(option);
  } catch (error) {
    if (error instanceof ConsortArgumentError) return error;
    throw error;
  }
  throw new Error('the option was taken');
}

const multicast = { type: 'multicast', group: undefined, interfaces: undefined, ttl: 1 };
const hosts = [
  { host: '10.0.0.1', port: 5001 },
  { host: 'node-2', port: 5002 },
];

describe('parseDiscovery', () => {
  it.each([
    ['multicast', multicast],
    ['none', { type: 'none' }],
    [{ type: 'multicast' }, multicast],
    ['multicast:239.1.2.3:5000', { ...multicast, group: { host: '239.1.2.3', port: 5000 } }],
    [
      { type: 'multicast', group: '[FF12::1]:5000', interfaces: ['eth0'], ttl: 4 },
      { type: 'multicast', group: { host: 'ff12::1', port: 5000 }, interfaces: ['eth0'], ttl: 4 },
    ],
    ['static:10.0.0.1:5001,node-2:5002', { type: 'static', hosts }],
    ['static:10.0.0.1:5001, node-2:5002', { type: 'static', hosts }],
    [
      { type: 'static', hosts: ['10.0.0.1:5001', { host: 'node-2', port: 5002 }] },
      { type: 'static', hosts },
    ],
    ['gossip:10.0.0.1:5001,node-2:5002', { type: 'gossip', servers: hosts }],
    [
      { type: 'gossip', servers: ['[::1]:6788'] },
      { type: 'gossip', servers: [{ host: '::1', port: 6788 }] },
    ],
    ['dns:members.demo:5001', { type: 'dns', name: 'members.demo', port: 5001 }],
    ['dns:_consort._udp.demo', { type: 'dns', name: '_consort._udp.demo', port: undefined }],
    [
      { type: 'dns', name: 'members.demo' },
      { type: 'dns', name: 'members.demo', port: undefined },
    ],
    [{ type: 'none' }, { type: 'none' }],
  ])('takes %j', (option, choice) => {
    const parsed = parseDiscovery(option);
    expect(parsed).toEqual(choice);
    expect(Object.isFrozen(parsed)).toBe(true);
  });

  it.each([
    ['gosip:a:1', 'options.discovery', "did you mean 'gossip'?"],
    ['Multicast', 'options.discovery', "did you mean 'multicast'?"],
    ['', 'options.discovery', "want 'multicast', 'static:host:port,…'"],
    ['none:x', 'options.discovery', 'nothing behind it'],
    ['static', 'options.discovery', "want 'static:host:port,…'"],
    ['static:', 'options.discovery', "want 'host:port'"],
    ['static:a:1,,b:2', 'options.discovery', "got '' (string)"],
    ['gossip:a', 'options.discovery', "got 'a' (string)"],
    ['gossip:a:0', 'options.discovery', 'got port 0'],
    ['dns', 'options.discovery', "'dns:name' with SRV records"],
    ['dns:', 'options.discovery', 'is no host'],
    ['dns:127.0.0.1:1', 'options.discovery', "for addresses take 'static'"],
    ['multicast:10.0.0.1:5000', 'options.discovery', 'IP multicast address'],
    [undefined, 'options.discovery', 'got undefined'],
    [7, 'options.discovery', 'got 7 (number)'],
    [[], 'options.discovery', 'got an array of 0'],
    [{}, 'options.discovery.type', "got undefined, want one of 'multicast'"],
    [{ type: 'statik' }, 'options.discovery.type', "did you mean 'static'?"],
    [{ type: 'static', host: ['a:1'] }, 'options.discovery.host', "did you mean 'hosts'?"],
    [{ type: 'static', hosts: [] }, 'options.discovery.hosts', 'want an array of 1 to 256 addresses'],
    [{ type: 'static', hosts: 'a:1' }, 'options.discovery.hosts', 'want an array'],
    [{ type: 'static', hosts: Array.from({ length: 257 }, () => 'a:1') }, 'options.discovery.hosts', 'array of 257'],
    [{ type: 'static', hosts: ['a:1', 'b'] }, 'options.discovery.hosts[1]', "got 'b' (string)"],
    // biome-ignore lint/suspicious/noSparseArray: a hole is what a careless program gives
    [{ type: 'static', hosts: [, 'a:1'] }, 'options.discovery.hosts[0]', 'got undefined'],
    [{ type: 'gossip', servers: [7] }, 'options.discovery.servers[0]', 'got 7 (number)'],
    [{ type: 'multicast', ttl: 256 }, 'options.discovery.ttl', 'an integer from 0 to 255'],
    [{ type: 'multicast', group: '10.0.0.1:5000' }, 'options.discovery.group', 'IP multicast address'],
    [{ type: 'multicast', interfaces: 'eth0' }, 'options.discovery.interfaces', 'an array of 1 to 32'],
    [{ type: 'multicast', interfaces: [''] }, 'options.discovery.interfaces[0]', "as 'eth0'"],
    [{ type: 'dns', name: 'a b' }, 'options.discovery.name', 'is no host'],
    [{ type: 'dns', name: 7 }, 'options.discovery.name', 'a DNS name'],
    [{ type: 'dns', name: 'a', port: 0 }, 'options.discovery.port', 'an integer from 1 to 65535'],
    [{ type: 'none', hosts: [] }, 'options.discovery.hosts', "unknown option 'hosts'"],
  ])('refuses %j', (option, path, message) => {
    const error = errorOf(option);
    expect(error.code).toBe('ERR_INVALID_OPTION');
    expect(error.details.path).toBe(path);
    expect(error.message).toContain(message);
    expect(error.message.length).toBeLessThan(400);
  });

  it('never throws anything but a ConsortArgumentError, whatever it is given', () => {
    const type = fc.constantFrom('multicast', 'static', 'gossip', 'dns', 'none');
    const object = fc.record(
      {
        type,
        hosts: fc.anything(),
        servers: fc.anything(),
        name: fc.anything(),
        group: fc.anything(),
        interfaces: fc.anything(),
      },
      { requiredKeys: ['type'] },
    );
    const text = fc.tuple(type, fc.string()).map(([name, rest]) => `${name}:${rest}`);
    fc.assert(
      fc.property(fc.oneof(fc.anything(), object, text), (option) => {
        try {
          expect(Object.isFrozen(parseDiscovery(option))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(ConsortArgumentError);
        }
      }),
    );
  });
});
