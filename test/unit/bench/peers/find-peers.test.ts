import { describe, expect, it } from 'vitest';
import { findProgram, installCommands } from '../../../../bench/peers/find-peers.js';
import { absentPeers } from '../../../../bench/report/render.js';

describe('peers that are not here', () => {
  it('are brought by one command for all from Debian, and one for all from npm', () => {
    expect(installCommands(['nats', 'redis', 'zeromq'])).toEqual([
      'apt-get install -y --no-install-recommends nats-server redis-server',
      'npm install --no-save zeromq',
    ]);
    expect(installCommands([])).toEqual([]);
  });

  it('are told with what is missing; those that are here are not', () => {
    const here = { peer: 'nats', installed: true, version: '2' } as const;
    const gone = { peer: 'redis', installed: false, missing: 'redis-server', install: 'x' } as const;
    expect(absentPeers([here])).toBeUndefined();
    expect(absentPeers([here, gone])).toBe(
      'not compared with redis (no redis-server); apt-get install -y --no-install-recommends redis-server brings them',
    );
  });

  it('are looked for where programs are', () => {
    expect(findProgram('sh')).toMatch(/\/sh$/);
    expect(findProgram('no-such-program-here')).toBeUndefined();
  });
});
