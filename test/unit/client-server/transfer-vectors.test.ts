import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describe as describeVector, makeTransferVectors, type TransferVector } from './transfer-vectors.js';

// `npx vitest run transfer-vectors -u` writes the file anew; what then differs is a change of the wire: see CONTROL_VERSION.
const file = join(import.meta.dirname, '../../vectors/transfer.json');
const onDisk = () => JSON.parse(readFileSync(file, 'utf8')) as TransferVector[];

describe('the vectors of roles and transfers', () => {
  it('are what members write, as transfer.json has them', async () => {
    await expect(`${JSON.stringify(makeTransferVectors(), undefined, 2)}\n`).toMatchFileSnapshot(file);
  });

  it('mean on disk what they say', () => {
    for (const { name, form, hex, members, ...rest } of onDisk()) {
      const { fields, refused } = describeVector(name, form, Uint8Array.from(Buffer.from(hex, 'hex')), members);
      expect({ name, fields, refused }).toEqual({ name, ...rest });
    }
  });

  it('have names of their own, and each form is there, and refused', () => {
    const vectors = onDisk();
    expect(new Set(vectors.map(({ name }) => name)).size).toBe(vectors.length);
    for (const refused of [true, undefined]) {
      const forms = vectors.filter((each) => each.refused === refused).map(({ form }) => form);
      expect([...new Set(forms)].sort()).toEqual(['ask', 'state', 'statement', 'table']);
    }
  });
});
