/** Bugs on purpose in the database of simulated members: what a store must not be built on, and a check of stores must notice. */
import type { Operation } from '../store/database.js';
import type { PlantedBug } from './planted-bug.js';
import { SimDatabase } from './sim-database.js';
import { SimFile } from './sim-disk.js';

export const PLANTED_IN_DISKS: Readonly<Record<string, PlantedBug>> = {
  'durable-before-sync': {
    sentence: 'Durable writes are done when they are in the memory of the system.',
    methods: [[SimDatabase, 'mustSync', () => false]],
  },
  'reads-past-damage': {
    sentence: 'What is behind damage is read too when a database is opened: writes are lost from the middle.',
    methods: [
      [SimDatabase, 'afterDamage', (_, __, bytes: Uint8Array, at: number) => (at < bytes.length ? at + 1 : undefined)],
      [SimDatabase, 'follows', (self, _, number: number) => number > self.lastNumber],
    ],
  },
  'keeps-damage': {
    sentence: 'Damage stays in the file when a database is opened: what is written behind it is not found again.',
    methods: [[SimFile, 'truncate', () => undefined]],
  },
  'splits-writes': {
    sentence: 'Each operation is a record of its own: a crash leaves a part of a write.',
    methods: [
      [
        SimDatabase,
        'log',
        (_, original, writer, operations: readonly Operation[]) => {
          for (const operation of operations) original(writer, [operation]);
        },
      ],
    ],
  },
};
