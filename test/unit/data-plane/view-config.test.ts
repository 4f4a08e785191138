import { describe, expect, it } from 'vitest';
import { connectionId } from '../../../ts/data-plane/connection-id.js';
import { StreamKind } from '../../../ts/data-plane/data-plane.js';
import { minMemory, ringSizes } from '../../../ts/data-plane/ring-sizes.js';
import { checkMemory, type ViewSettings, viewConfig } from '../../../ts/data-plane/view-config.js';
import { member, members } from '../stack/views.js';

const MIB = 1024 * 1024;

function settings(more: Partial<ViewSettings> = {}): ViewSettings {
  return {
    groupName: 'chat',
    key: '',
    viewTime: 7,
    endpoints: members(0, 1, 2),
    myRank: 1,
    memory: 64 * MIB,
    frameBytes: 1472,
    checksum: false,
    seed: 42,
    ...more,
  };
}

describe('viewConfig', () => {
  it('says of a view what the data plane needs to know', () => {
    const { config, sizes } = viewConfig(settings());
    const id = connectionId({ ...settings(), addresses: members(0, 1, 2), ringSizes: ringSizes(64 * MIB, 3) });
    expect(sizes).toEqual(ringSizes(64 * MIB, 3));
    expect(config).toEqual({
      connectionLow: id.low,
      connectionHigh: id.high,
      myRank: 1,
      addresses: [0, 1, 2].map((number) => ({ host: '10.0.0.1', port: 4000 + number })),
      frameBytes: 1472,
      maxWindow: 2 * MIB,
      checked: false,
      seed: 42,
      prompt: false,
    });
  });

  it('names the view the same at all its members, whatever their ranks, frames and seeds', () => {
    const here = viewConfig(settings()).config;
    const there = viewConfig(settings({ myRank: 2, frameBytes: 9000, seed: 1, checksum: true })).config;
    expect([there.connectionLow, there.connectionHigh]).toEqual([here.connectionLow, here.connectionHigh]);
  });

  it.each<[string, Partial<ViewSettings>]>([
    ['memory', { memory: MIB }],
    ['incarnations', { endpoints: [member(0), member(1, 3), member(2)] }],
    ['time', { viewTime: 8 }],
    ['key', { key: 'k' }],
  ])('names it otherwise with another %s', (_, more) => {
    const [one, other] = [viewConfig(settings()).config, viewConfig(settings(more)).config];
    expect([other.connectionLow, other.connectionHigh]).not.toEqual([one.connectionLow, one.connectionHigh]);
  });

  it('tells what is stable at once where that is asked for, which changes nothing in the name of the view', () => {
    const [usual, prompt] = [viewConfig(settings()).config, viewConfig(settings({ prompt: true })).config];
    expect(prompt).toEqual({ ...usual, prompt: true });
  });

  it('cuts frames at multiples of 8, as positions are', () => {
    for (const [asked, got] of [
      [1472, 1472],
      [1479, 1472],
      [1200, 1200],
    ]) {
      expect(viewConfig(settings({ frameBytes: asked as number })).config.frameBytes).toBe(got);
    }
  });

  it('lets all receivers together have 4 MiB on their way, each at least 64 KiB and at most a ring', () => {
    const windowOf = (count: number) => {
      const { config, sizes } = viewConfig(settings({ endpoints: members(...Array(count).keys()), memory: 256 * MIB }));
      expect(config.maxWindow).toBeLessThanOrEqual(Math.max(64 * 1024, sizes[StreamKind.cast]));
      return config.maxWindow;
    };
    expect([1, 2, 3, 5, 9, 65, 129].map(windowOf)).toEqual([
      ...[2 * MIB, 2 * MIB, 2 * MIB, MIB, MIB / 2],
      ...[64 * 1024, 64 * 1024],
    ]);
  });
});

describe('checkMemory', () => {
  it('takes what is enough, and says how much would be', () => {
    expect(() => checkMemory(minMemory(10), 10)).not.toThrow();
    expect(() => checkMemory(minMemory(10) - 1, 10)).toThrow(
      expect.objectContaining({
        code: 'ERR_MEMORY_TOO_SMALL',
        details: { memory: minMemory(10) - 1, members: 10, wantedBytes: minMemory(10) },
      }),
    );
  });
});
