import { afterEach, describe, expect, it } from 'vitest';
import { checkOptions } from '../../../ts/api/options.js';
import { parseArguments, start } from '../../../ts/api/start.js';

afterEach(() => {
  start();
});

describe('start', () => {
  it('gives options that are not given, and returns the other words', () => {
    const rest = start(['-group_name', 'g', '-v', '-gossip_hosts', 'a:b', '-transport', 'UDP', 'file']);
    expect(rest).toEqual(['-v', 'file']);
    const options = checkOptions({});
    expect(options.groupName).toBe('g');
    expect(options.discovery).toEqual({
      type: 'gossip',
      servers: [
        { host: 'a', port: 6788 },
        { host: 'b', port: 6788 },
      ],
    });
    expect(checkOptions({ groupName: 'mine', discovery: 'none' })).toMatchObject({
      groupName: 'mine',
      discovery: { type: 'none' },
    });
  });

  it('is forgotten when it is called without words', () => {
    start(['-key', 'k']);
    expect(checkOptions({ groupName: 'g' }).key).toBe('k');
    start();
    expect(checkOptions({ groupName: 'g' }).key).toBe('');
  });

  it('counts less than the option argv, and that less than what is given', () => {
    start(['-key', 'of the process', '-params', 'suspect_sweep=2']);
    const argv = ['-key', 'of the member'];
    expect(checkOptions({ groupName: 'g', argv }).key).toBe('of the member');
    expect(checkOptions({ groupName: 'g', argv }).stack.params).toBe('suspect_sweep=2:time');
    expect(checkOptions({ groupName: 'g', argv, key: 'given' }).key).toBe('given');
  });

  it('lets a stack that is given win over properties of the command line', () => {
    start(['-properties', 'Frag']);
    expect(checkOptions({ groupName: 'g' }).stack.group).toBeUndefined();
    expect(checkOptions({ groupName: 'g', protocol: 'Top_appl:Bottom' }).stack.fixed).toBe('Top_appl:Bottom');
  });
});

describe('parseArguments', () => {
  const optionsOf = (...argv: string[]) => parseArguments(argv, 'argv').defaults;

  it('knows ports and addresses', () => {
    expect(optionsOf('-gossip_hosts', 'a:7000,b:7001').discovery).toEqual({
      type: 'gossip',
      servers: ['a:7000', 'b:7001'],
    });
    expect(optionsOf('-gossip_hosts', 'a', '-gossip_port', '7000').discovery).toEqual({
      type: 'gossip',
      servers: [{ host: 'a', port: 7000 }],
    });
    expect(optionsOf('-host_ip', '127.0.0.2').address).toEqual({ host: '127.0.0.2', port: 0 });
    expect(optionsOf('-udp_port', '7000').address).toEqual({ host: '127.0.0.1', port: 7000 });
  });

  it.each([[['-key']], ['-key'], [[1]], [null]])('refuses %j', (argv) => {
    expect(() => parseArguments(argv, 'argv')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  });

  it('leaves wrong values to the check of the options', () => {
    expect(() => checkOptions({ groupName: 'g', argv: ['-udp_port', 'x'] })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION' }),
    );
    expect(() => checkOptions({ groupName: 'g', argv: ['-groupd_port', 'x'] })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION' }),
    );
  });

  it('knows whether and where there is a membership service', () => {
    expect(optionsOf('-groupd')).toEqual({ groupd: true });
    expect(optionsOf('-groupd_hosts', 'a:b', '-groupd_port', '7000').groupdHosts).toEqual([
      { host: 'a', port: 7000 },
      { host: 'b', port: 7000 },
    ]);
    expect(optionsOf('-groupd_hosts', 'a:7000,b:7001').groupdHosts).toEqual(['a:7000', 'b:7001']);
    const { groupd, groupdHosts } = checkOptions({ groupName: 'g', argv: ['-groupd', '-groupd_port', '7000'] });
    expect({ groupd, groupdHosts }).toEqual({ groupd: true, groupdHosts: [{ host: '127.0.0.1', port: 7000 }] });
  });
});
