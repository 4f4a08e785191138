import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GossipTable } from '../../../ts/discovery/gossip-table.js';
import { CLIENT_LIFETIME_MS, MAX_MESSAGES_PER_SECOND, REPEAT_INTERVAL_MS } from '../../../ts/discovery/limits.js';

const at = (port: number) => ({ host: '127.0.0.1', port });
const limits = { maxClients: 6, maxGroups: 3, maxClientsPerGroup: 4 };

function listeners(table: GossipTable, group: string, nowMs: number): number[] {
  const nobody = new GossipTable().touch(group, at(1), nowMs);
  return [...table.listeners(group, nobody, nowMs)].map(({ port }) => port);
}

describe('the table of a gossip server', () => {
  it('lists those of a group that were heard of lately, without the one who asks', () => {
    const table = new GossipTable();
    const a = table.touch('g', at(10), 0);
    table.touch('g', at(11), 0);
    table.touch('other', at(12), 0);
    expect([...table.listeners('g', a, CLIENT_LIFETIME_MS)]).toEqual([at(11)]);
    expect([...table.listeners('g', a, CLIENT_LIFETIME_MS + 1)]).toEqual([]);
  });

  it('forgets who was not heard of for long, and groups with nobody in them', () => {
    const table = new GossipTable();
    table.touch('g', at(10), 0);
    table.touch('h', at(10), 0);
    table.touch('g', at(11), 5_000);
    table.touch('g', at(10), 6_000);
    table.sweep(CLIENT_LIFETIME_MS + 5_500);
    expect([table.clients, table.groupCount, table.evicted]).toEqual([1, 1, 0]);
    expect(listeners(table, 'g', 20_000)).toEqual([10]);
    table.remove('g', at(10));
    table.remove('g', at(10));
    expect([table.clients, table.groupCount]).toEqual([0, 0]);
  });

  it('makes room: for a client in a full group, for a group, for a client anywhere', () => {
    const table = new GossipTable(limits);
    for (let port = 1; port <= 5; port++) table.touch('g', at(port), port);
    expect(listeners(table, 'g', 10)).toEqual([2, 3, 4, 5]);
    table.touch('h', at(1), 11);
    table.touch('i', at(1), 12);
    table.touch('g', at(2), 13);
    table.touch('j', at(1), 14);
    expect([listeners(table, 'h', 20), table.groupCount]).toEqual([[], 3]);
    table.touch('j', at(2), 15);
    expect([listeners(table, 'i', 20), table.clients, table.evicted]).toEqual([[], 6, 3]);
  });

  it('lets a message through once in a tenth of a second, and different ones up to a limit', () => {
    const table = new GossipTable();
    const client = table.touch('g', at(1), 0);
    expect(table.admit(client, 'a', 0)).toBe('reflect');
    expect(table.admit(client, 'a', REPEAT_INTERVAL_MS - 1)).toBe('repeated');
    expect(table.admit(client, 'a', REPEAT_INTERVAL_MS)).toBe('reflect');
    const outcomes = Array.from({ length: MAX_MESSAGES_PER_SECOND }, (_, i) => table.admit(client, `m${i}`, 200));
    expect(outcomes.filter((outcome) => outcome === 'reflect')).toHaveLength(MAX_MESSAGES_PER_SECOND - 2);
    expect(outcomes.at(-1)).toBe('tooFast');
    expect(table.admit(client, 'later', 1000)).toBe('reflect');
  });

  it('stays within its bounds, and counts right, whatever comes', () => {
    const step = fc.record({ group: fc.nat(6), port: fc.nat(8), passMs: fc.nat(9_000), remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const table = new GossipTable(limits);
        let nowMs = 0;
        for (const { group, port, passMs, remove } of steps) {
          nowMs += passMs;
          if (remove) table.remove(`${group}`, at(port));
          else
            expect([
              ...table.listeners(`${group}`, table.touch(`${group}`, at(port), nowMs), nowMs),
            ]).not.toContainEqual(at(port));
          table.sweep(nowMs);
          const counted = Array.from({ length: 7 }, (_, each) => listeners(table, `${each}`, nowMs).length);
          expect(counted.reduce((sum, each) => sum + each)).toBe(table.clients);
          expect(table.clients).toBeLessThanOrEqual(limits.maxClients);
          expect(table.groupCount).toBeLessThanOrEqual(limits.maxGroups);
          expect(Math.max(...counted)).toBeLessThanOrEqual(limits.maxClientsPerGroup);
        }
      }),
    );
  });
});
