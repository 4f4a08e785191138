import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readStatement, readTable, writeStatement, writeTable } from '../../../ts/client-server/envelopes.js';
import { CLIENT, SERVER } from '../../../ts/client-server/roles.js';
import { bytesOf, textOf } from '../stack/views.js';
import { newcomer, roles, statement, statements, transferring } from './statements.js';

const said = fc.uint8Array({ maxLength: 40 });
const nothing = new Uint8Array(0);

describe('a state message', () => {
  it('brings what a member states, and what its application says', () => {
    fc.assert(
      fc.property(statements, said, (states, bytes) => {
        expect(readStatement(writeStatement(states, bytes))).toEqual({ statement: states, said: bytes });
      }),
    );
  });

  it('is none when it is cut short', () => {
    fc.assert(
      fc.property(statements, fc.nat(), (states, at) => {
        const bytes = writeStatement(states, nothing);
        expect(readStatement(bytes.subarray(0, at % bytes.length))).toBeUndefined();
      }),
    );
  });

  it.each([
    ['is of another version', (bytes: Uint8Array) => bytes.fill(2, 0, 1)],
    ['has a role that there is not', (bytes: Uint8Array) => bytes.fill(3, bytes.length - 3, bytes.length - 2)],
    ['wants a transfer that there is not', (bytes: Uint8Array) => bytes.fill(5, bytes.length - 2, bytes.length - 1)],
  ])('is none when it %s', (_, spoil) => {
    expect(readStatement(spoil(writeStatement(newcomer, nothing)))).toBeUndefined();
  });

  it('is read from anything, or not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, versioned) => {
        if (versioned && bytes.length > 0) bytes[0] = 1;
        const stated = readStatement(bytes);
        if (stated !== undefined) expect(readStatement(writeStatement(stated.statement, stated.said))).toEqual(stated);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a view message', () => {
  it('brings the role of each member, and what the application of the coordinator says', () => {
    fc.assert(
      fc.property(fc.array(roles, { maxLength: 12 }), said, (table, bytes) => {
        expect(readTable(writeTable(table, bytes), table.length)).toEqual({ table, said: bytes });
      }),
    );
  });

  it('that is empty, as that of the first view of each member, has clients only', () => {
    expect(readTable(nothing, 2)).toEqual({ table: [CLIENT, CLIENT], said: nothing });
  });

  it('has clients only, and says nothing, when it has too few roles or is none', () => {
    const bytes = writeTable([SERVER, transferring(5)], nothing);
    expect(readTable(bytes, 3).table).toEqual([CLIENT, CLIENT, CLIENT]);
    expect(readTable(bytesOf('view'), 1)).toEqual({ table: [CLIENT], said: nothing });
  });

  it('is read from anything, with a role for each member', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(20), fc.boolean(), (bytes, members, versioned) => {
        if (versioned && bytes.length > 0) bytes[0] = 1;
        const agreed = readTable(bytes, members);
        expect(agreed.table).toHaveLength(members);
        expect(readTable(writeTable(agreed.table, agreed.said), members)).toEqual(agreed);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the bytes of both', () => {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

  it('are those of version 1, as docs/control-records.md describes them', () => {
    expect(hex(writeTable([SERVER, CLIENT, transferring(300, 'protected')], bytesOf('hi')))).toBe('0101000202ac026869');
    const bytes = writeStatement(statement(transferring(4, 'free'), { wants: 'free', doneSince: 4 }), bytesOf('hi'));
    expect(hex(bytes)).toBe('01050800000031302e302e302e31a00f00000201040205' + '6869');
    expect(textOf(readStatement(bytes)?.said)).toBe('hi');
  });
});
