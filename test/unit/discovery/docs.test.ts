// What docs/discovery.md shows is what the code takes.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { checkOptions } from '../../../ts/api/options.js';
import { DISCOVERY_TYPES } from '../../../ts/discovery/choose.js';
import { MULTICAST_GROUP_4, MULTICAST_GROUP_6, MULTICAST_PORT } from '../../../ts/discovery/multicast.js';

const docs = readFileSync(join(import.meta.dirname, '../../../docs/discovery.md'), 'utf8');

it('each example of docs/discovery.md is taken, and each way has one', () => {
  const examples = [...docs.matchAll(/^const \w+ = (\{.*\});$/gm)].map(([, options]) => {
    return checkOptions(JSON.parse(JSON.stringify(runInNewContext(`(${options})`))));
  });
  const types = new Set(examples.map(({ discovery }) => discovery.type));
  expect(types).toEqual(new Set(DISCOVERY_TYPES.filter((type) => type !== 'none')));
});

it('docs/discovery.md names the groups that are used', () => {
  expect(docs).toContain(`${MULTICAST_GROUP_4}:${MULTICAST_PORT}`);
  expect(docs).toContain(`[${MULTICAST_GROUP_6}]:${MULTICAST_PORT}`);
});
