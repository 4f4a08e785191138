// What can be wrong with a replica's directory, its disk and its name: it says what, nothing is lost, and the others go on.
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { throughSmallDisk } from '../helpers/small-disk.js';
import { type Replica, StoreCrew } from '../helpers/store-crew.js';

const code = (code: string) => expect.objectContaining({ code });

/** Flips some bits in the middle of each file of a kind. */
function damage(directory: string, ending: RegExp): void {
  const names = readdirSync(directory).filter((name) => ending.test(name));
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) {
    const bytes = readFileSync(join(directory, name));
    for (let i = 0; i < 8; i++)
      bytes.writeUInt8(0x55 ^ bytes.readUInt8((bytes.length >> 1) + i), (bytes.length >> 1) + i);
    writeFileSync(join(directory, name), bytes);
  }
}

/** The others go on, and the one that was put right comes back. */
async function goesOn(crew: StoreCrew, name: string): Promise<void> {
  const others = crew.all.filter((replica) => replica.name !== name);
  await crew.areTogether(others);
  await crew.write(20, others);
  rmSync(crew.directory(name), { recursive: true });
  await crew.start(name, { ready: true });
  await crew.areTogether();
  await crew.endLoad(others);
  await crew.check();
  await crew.close();
}

describe('a replica', () => {
  it('whose disk is full ends with an error, and the others go on', async (context) => {
    const crew = new StoreCrew(context, 'native', 'multi');
    const through = throughSmallDisk(context, crew.directory('c'), '6m');
    const start = (name: string) => crew.start(name, { ready: true, child: name === 'c' ? { through } : {} });
    await Promise.all(crew.names.map(start));
    await crew.areTogether();
    const [a, b, c] = crew.all as [Replica, Replica, Replica];
    await crew.load([a, b], 2, 20_000);
    await c.call('waitForError', 'ERR_STORE_DISK');
    await crew.areTogether([a, b]);
    await crew.write(20, [a, b]);
    await expect(c.put('k', 'v')).rejects.toEqual(code('ERR_STORE_DISK'));
    await expect(c.get('k', 'stale')).rejects.toEqual(code('ERR_STORE_DISK'));
    expect(await c.status()).toMatchObject({ state: 'failed', reason: expect.stringContaining('disk') });
    await c.call('close');
    await c.kill();
    // With a larger disk it has everything again.
    await crew.start('c', { ready: true });
    await crew.areTogether();
    await crew.endLoad([a, b]);
    await crew.check();
    await crew.close();
  });

  it('whose directory is in use, is damaged or is of another one does not begin', async (context) => {
    const crew = await StoreCrew.founded(context, 'native', 'multi');
    const [a, b, c] = crew.all as [Replica, Replica, Replica];
    await crew.load([a, b]);
    const second = await crew.stranger('c');
    await expect(crew.open(second)).rejects.toEqual(code('ERR_STORE_LOCKED'));
    await crew.write(20, [a, b]);

    await c.kill();
    const copy = crew.directory('copy');
    cpSync(crew.directory('c'), copy, { recursive: true });
    const other = await crew.stranger('b');
    await expect(crew.open(other, { options: { directory: copy } })).rejects.toMatchObject({
      code: 'ERR_STORE_FOREIGN',
      message: expect.stringContaining("belongs to the replica 'c', and this one is 'b'"),
    });
    damage(crew.directory('c'), /\.log$/);
    const broken = await crew.spawn('c');
    await expect(crew.open(broken)).rejects.toEqual(code('ERR_STORE_CORRUPT'));
    await goesOn(crew, 'c');
  });

  it('whose name is taken, or that was configured with other members, is kept out', async (context) => {
    const crew = await StoreCrew.founded(context, 'native', 'multi');
    await crew.load();
    const twin = await crew.stranger('c');
    await crew.open(twin, { options: { directory: crew.directory('twin') } }).catch(() => {});
    await twin.call('waitForError', 'ERR_STORE_NAME_TAKEN');
    await expect(twin.get('k', 'stale')).rejects.toEqual(code('ERR_STORE_NAME_TAKEN'));
    await twin.kill();

    const stranger = await crew.stranger('d');
    await crew.open(stranger, { options: { members: ['a', 'b', 'd'] } });
    await Promise.all([stranger, ...crew.all].map((each) => each.call('waitForError', 'ERR_STORE_MEMBERS')));
    await crew.write(20);
    await expect(stranger.put('k', 'v')).rejects.toEqual(code('ERR_STORE_NO_QUORUM'));
    await stranger.call('close');
    await crew.endLoad();
    await crew.areTogether();
    await crew.check();
    await crew.close();
  });
});
