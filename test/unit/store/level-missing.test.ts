import { expect, it, vi } from 'vitest';
import { openLevelDatabase } from '../../../ts/store/level-database.js';

const loaded = vi.hoisted(() => ({ count: 0 }));

vi.mock('classic-level', () => {
  loaded.count++;
  throw new Error('no binary for this machine');
});

it('LevelDB is loaded when a database is opened, and not before; where it is missing, that is said', async () => {
  expect(loaded.count).toBe(0);
  await expect(openLevelDatabase('/nowhere')).rejects.toMatchObject({
    code: 'ERR_STORE_UNAVAILABLE',
    message: expect.stringContaining('npm rebuild classic-level'),
  });
  expect(loaded.count).toBe(1);
});
