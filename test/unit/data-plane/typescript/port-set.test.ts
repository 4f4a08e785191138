import { describe, expect, it } from 'vitest';
import { addPort, hasPort, newPortSet, PORT_SET_WORDS } from '../../../../ts/data-plane/typescript/port-set.js';

describe('a set of ports', () => {
  it('has those that were added, and no others', () => {
    const set = newPortSet();
    const ports = [0, 31, 32, 4_096, 65_535];
    for (const port of ports) addPort(set, port);
    expect(Array.from({ length: 65_536 }, (_, port) => port).filter((port) => hasPort(set, port))).toEqual(ports);
  });

  it('is shared memory of a bit for each, the lowest first', () => {
    const set = newPortSet();
    addPort(set, 33);
    expect(set.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(set).toHaveLength(PORT_SET_WORDS);
    expect(set[1]).toBe(2);
  });
});
