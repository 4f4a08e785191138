import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Endpoint } from '../../../ts/base/endpoint.js';
import { ByteReader, MalformedError } from '../../../ts/stack/codec.js';
import { OutsideFormat } from '../../../ts/stack/outside.js';
import { CONTROL_LAYERS } from '../../../ts/stack/protocol.js';
import {
  type ControlVector,
  describeDatagram,
  describeRecord,
  GROUP,
  makeControlVectors,
  readsAll,
} from './control-vectors.js';

// `npx vitest run control-vectors -u` writes the file anew; what then differs is a change of the wire: see CONTROL_VERSION.
const file = join(import.meta.dirname, '../../vectors/control.json');
const onDisk = JSON.parse(readFileSync(file, 'utf8')) as ControlVector[];
const records = onDisk.filter(({ form }) => form === 'record');
const datagrams = onDisk.filter(({ form, refused }) => form === 'datagram' && refused === undefined);
const peer = new Endpoint('10.0.0.8', 4008, 8);

function bytesOf({ hex }: ControlVector): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

/** Gives a record to the layer that it is for. */
function receive(vector: ControlVector, bytes: Uint8Array): void {
  const layer = readsAll(vector.layer as (typeof CONTROL_LAYERS)[number]);
  const body = new ByteReader(bytes);
  if (vector.form === 'record') layer.receive(1, body);
  else layer.receiveOutside(peer, body);
  body.end();
}

/** What of a datagram its layer gets. */
function bodyOf(vector: ControlVector): Uint8Array {
  const datagram = new OutsideFormat(GROUP.name, GROUP.key).read(bytesOf(vector));
  if (typeof datagram !== 'object') throw new Error(`${vector.name} is refused`);
  return datagram.body;
}

describe('the vectors of control records', () => {
  it('are what the layers write, as control.json has them', async () => {
    await expect(`${JSON.stringify(makeControlVectors(), undefined, 2)}\n`).toMatchFileSnapshot(file);
  });

  it('mean on disk what they say', () => {
    for (const vector of onDisk) {
      const { name, layer, form } = vector;
      const described =
        form === 'record' && layer !== undefined
          ? describeRecord(name, layer, bytesOf(vector))
          : describeDatagram(name, bytesOf(vector));
      expect(described).toEqual(vector);
    }
  });

  it('have names of their own, and at least one for each layer that sends', () => {
    expect(new Set(onDisk.map(({ name }) => name)).size).toBe(onDisk.length);
    const layers = new Set(onDisk.flatMap(({ layer }) => (layer === undefined ? [] : [layer])));
    expect([...layers].sort()).toEqual([
      'Chk_agree',
      'Chk_causal',
      'Chk_fifo',
      'Chk_sync',
      'Chk_total',
      'Heal',
      'Intra',
      'Leave',
      'Merge',
      'Slander',
      'Sync',
      'Top',
    ]);
    for (const { layer, kind } of onDisk) if (layer !== undefined) expect(CONTROL_LAYERS[kind as number]).toBe(layer);
  });
});

describe('the layers', () => {
  it.each(records)('take $name, to its last byte', (vector) => {
    expect(() => receive(vector, bytesOf(vector))).not.toThrow();
  });

  it.each(records)('refuse $name when it is cut short, or has bytes too many', (vector) => {
    const bytes = bytesOf(vector);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => receive(vector, bytes.subarray(0, length))).toThrow(MalformedError);
    }
    expect(() => receive(vector, Uint8Array.of(...bytes, 0))).toThrow(MalformedError);
  });

  it.each(datagrams)('take the datagram $name, to its last byte, and refuse it when it is cut short', (vector) => {
    const body = bodyOf(vector);
    expect(() => receive(vector, body)).not.toThrow();
    for (let length = 0; length < body.length; length++) {
      expect(() => receive(vector, body.subarray(0, length))).toThrow(MalformedError);
    }
  });
});
