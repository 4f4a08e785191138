/**
 * The operations of one write as bytes, for logs: integer count, then of each u8 type and one or two blocks.
 *
 *   0 put      key, value
 *   1 delete   key
 *   2 range    from, to
 *   3 put      key, value with its seal
 */
import { type ByteReader, type ByteWriter, MalformedError } from '../stack/codec.js';
import type { Operation } from './database.js';

const TYPES = ['put', 'delete', 'deleteRange', 'sealed'] as const;

export function writeOperations(writer: ByteWriter, operations: readonly Operation[]): void {
  writer.integer(operations.length);
  for (const operation of operations) {
    writer.u8(TYPES.indexOf(operation.type === 'put' && operation.sealed === true ? 'sealed' : operation.type));
    if (operation.type === 'put') writer.block(operation.key).block(operation.value);
    else if (operation.type === 'delete') writer.block(operation.key);
    else writer.block(operation.from).block(operation.to);
  }
}

export function readOperations(reader: ByteReader): Operation[] {
  const operations: Operation[] = [];
  for (let count = reader.integer(); count > 0; count--) operations.push(readOperation(reader));
  return operations;
}

function readOperation(reader: ByteReader): Operation {
  const number = reader.u8();
  const type = TYPES[number];
  if (type === undefined) throw new MalformedError(`operation ${number}`);
  if (type === 'put') return { type, key: reader.block(), value: reader.block() };
  if (type === 'sealed') return { type: 'put', key: reader.block(), value: reader.block(), sealed: true };
  if (type === 'delete') return { type, key: reader.block() };
  return { type, from: reader.block(), to: reader.block() };
}
