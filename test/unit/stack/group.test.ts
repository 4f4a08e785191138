// The members' way through their views. What happens when members fail and networks fall apart is the simulator's.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Endpoint } from '../../../ts/base/endpoint.js';
import { crc32c } from '../../../ts/data-plane/typescript/crc32c.js';
import { readMergeMessage } from '../../../ts/layers/merge.js';
import { ByteReader, ByteWriter } from '../../../ts/stack/codec.js';
import { OutsideFormat } from '../../../ts/stack/outside.js';
import { CONTROL_LAYERS } from '../../../ts/stack/protocol.js';
import { writeViewState } from '../../../ts/stack/view-state.js';
import { GroupCrew, type GroupMate, PARAMS, STACK } from './group-crew.js';
import { bytesOf, textOf } from './views.js';

let crew: GroupCrew;

beforeEach(() => {
  crew = new GroupCrew();
});

afterEach(async () => {
  await crew.close();
});

describe('a group', () => {
  it('waits join_wait for others before it shows a view of one', async () => {
    const [a] = await crew.open(1);
    a?.group.join(STACK, `${PARAMS};join_wait=0.05`);
    await crew.pass(49);
    expect(a?.log).toEqual([]);
    await crew.pass(5);
    expect(a?.log).toEqual(['view 0']);
  });

  it('of two that join at once shows both the view of two first', async () => {
    const mates = await crew.open(2);
    for (const { group } of mates) group.join(STACK, PARAMS);
    await crew.until(() => mates.every(({ size }) => size === 2));
    const [a, b] = mates;
    expect(a?.views).toEqual(b?.views);
    expect([a?.log.length, b?.log.length]).toEqual([1, 1]);
    expect(a?.group.front?.state).toEqual(b?.group.front?.state);
    expect([a?.errors, b?.errors]).toEqual([[], []]);
  });

  it('grows by those who join, and appends them', async () => {
    const [a, b, c] = await crew.together(3);
    expect(a?.views).toEqual(['view 0', 'view 0 1', 'view 0 1 2']);
    expect(b?.views).toEqual(['view 0 1', 'view 0 1 2']);
    expect(c?.views).toEqual(['view 0 1 2']);
    expect(a?.log.slice(0, 4)).toEqual(['view 0', 'block', 'stop', 'view 0 1']);
  });

  it('takes in who joins also where the first grant is lost, though the view that grants has ended', async () => {
    const format = new OutsideFormat('test', '');
    let lost = 0;
    crew.loses = (datagram) => {
      const read = format.read(datagram);
      if (typeof read !== 'object' || CONTROL_LAYERS[read.layer] !== 'Merge') return false;
      return readMergeMessage(new ByteReader(read.body)).kind === 'granted' && lost++ === 0;
    };
    const mates = await crew.together(2);
    expect(lost).toBeGreaterThan(1);
    expect(mates.map(({ views }) => views)).toEqual([['view 0', 'view 0 1'], ['view 0 1']]);
    // The old view has said all now, and is not kept.
    await crew.until(() => mates.every(({ group }) => group.isSettled));
  });

  it('brings what the members say of the change to the coordinator, and what it says to all', async () => {
    const [a, b] = await crew.together(2);
    a?.group.requestNewView();
    await crew.until(() => [a, b].every((mate) => mate?.views.length === (mate === a ? 3 : 2)));
    for (const mate of [a, b]) {
      expect(textOf(mate?.group.front?.state.message)).toBe('2 members; 0 state of 0, 1 state of 1');
    }
  });

  it('delivers what was sent in a view in this view, the last words before its end too', async () => {
    const [a, b] = await crew.together(2);
    if (a === undefined || b === undefined) return;
    a.cast('first');
    a.onBlock = (ready) => {
      a.cast('last');
      setImmediate(() => {
        a.cast('very last');
        ready();
      });
    };
    a.group.requestNewView();
    await crew.until(() => b.views.length === 2 && a.views.length === 3);
    const seen = b.log.filter((line) => line !== 'block' && line !== 'stop');
    expect(seen).toEqual(['view 0 1', 'cast 0 first', 'cast 0 last', 'cast 0 very last', 'view 0 1']);
  });

  it('lets a member leave: exit is the last that it hears', async () => {
    const [a, b] = await crew.together(2);
    b?.group.leave();
    b?.group.leave();
    await crew.until(() => a?.size === 1 && b?.log.at(-1) === 'exit');
    await crew.pass(500);
    expect(a?.views.at(-1)).toBe('view 0');
    expect(b?.log.filter((line) => line === 'exit')).toHaveLength(1);
    expect(b?.log.at(-1)).toBe('exit');
    expect(a?.views).toHaveLength(3);
  });

  it('goes on with the next coordinator when the first leaves', async () => {
    const [a, b, c] = await crew.together(3);
    a?.group.leave();
    await crew.until(() => [b, c].every((mate) => mate?.size === 2));
    expect([b?.views.at(-1), c?.views.at(-1), a?.log.at(-1)]).toEqual(['view 1 2', 'view 1 2', 'exit']);
  });

  it('lets the only member leave', async () => {
    const [a] = await crew.together(1);
    a?.group.leave();
    await crew.until(() => a?.log.at(-1) === 'exit');
    expect(a?.errors).toEqual([]);
  });

  it('lets one leave that has not been shown a view yet', async () => {
    const [a] = await crew.open(1);
    a?.group.join(STACK, PARAMS);
    a?.group.leave();
    await crew.pass(500);
    expect(a?.log).toEqual(['exit']);
  });

  it('takes one that was excluded by mistake in again', async () => {
    const [a, b] = await crew.together(2);
    if (a === undefined || b === undefined) return;
    a.group.suspect([b.me]);
    expect(a.suspicions).toEqual(['1: the application says so']);
    await crew.until(() => a.size === 1);
    // Its own failure detection would say so.
    b.group.suspect([a.me]);
    await crew.until(() => a.size === 2 && b.size === 2, 20_000);
    expect(a.group.front?.state).toEqual(b.group.front?.state);
  });

  it('suspects nobody who is not in the view', async () => {
    const [a, b] = await crew.together(1);
    a?.group.suspect(b === undefined ? [] : [b.me]);
    await crew.pass(100);
    expect(a?.views).toEqual(['view 0']);
  });
});

describe('a group whose application is slow', () => {
  it('holds nobody up: the others go on, and it sees one view after the other when it goes on', async () => {
    const [a, b] = await crew.together(2);
    if (a === undefined || b === undefined) return;
    b.group.pause();
    const seen = b.log.length;
    a.cast('hello');
    a.group.requestNewView();
    await crew.until(() => a.views.length === 3);
    a.cast('again');
    a.group.requestNewView();
    await crew.until(() => a.views.length === 4);
    expect(b.log.slice(seen).filter((line) => line !== 'block' && line !== 'stop')).toEqual([]);
    b.group.resume();
    await crew.until(() => b.views.length === 3);
    const heard = b.log.slice(seen).filter((line) => line !== 'block' && line !== 'stop');
    expect(heard).toEqual(['cast 0 hello', 'view 0 1 closed', 'cast 0 again', 'view 0 1']);
  });
});

describe('a stack that is changed', () => {
  it('comes in with the next view, where the coordinator asks for it', async () => {
    const [a, b] = await crew.together(2);
    const slander = STACK.replace('Sync', 'Slander:Sync');
    expect(b?.group.changeProtocol(slander, PARAMS)).toBe(false);
    expect(a?.group.changeProtocol(slander, 'heal_sweep=0.2:time')).toBe(true);
    await crew.until(() => [a, b].every((mate) => mate?.group.front?.state.protocol === slander));
    expect(b?.group.front?.state.params).toBe('heal_sweep=0.2:time');
  });

  it('that is not known here leaves the member alone with its own, and says why', async () => {
    const [a, b] = await crew.together(2);
    if (a === undefined || b === undefined) return;
    crew.hears = () => false;
    const state = b.group.front?.state;
    if (state === undefined) return;
    const record = new ByteWriter().u32(1);
    writeViewState(record, { ...state, id: { ...state.id, time: state.id.time + 1 }, protocol: 'Top:Totem:Bottom' });
    // As from a coordinator of another version, in the round that it has begun.
    a.onBlock = () => {};
    a.group.requestNewView();
    const view = a.group.front;
    view?.streams.controlCasts.write(record.finish(), CONTROL_LAYERS.indexOf('Intra'));
    a.plane.scheduleFlush();
    await crew.until(() => b.errors.length > 0 && b.size === 1);
    expect(b.errors).toMatchObject([{ code: 'ERR_NOT_AVAILABLE' }]);
    expect(b.group.front?.state.protocol).toBe(STACK);
  });
});

describe('datagrams outside views', () => {
  it('of another version of this group are reported once', async () => {
    const [a] = await crew.together(1);
    const other = ofVersion(2, new OutsideFormat('test', '').write(1, crew.members[0]?.me ?? fail(), bytesOf('')));
    for (let i = 0; i < 3; i++) a?.group.receiveOutside(other);
    expect(a?.errors).toMatchObject([{ code: 'ERR_INCOMPATIBLE', details: { theirs: 2, mine: 1 } }]);
  });

  it('keep members of two versions apart, and both report it', async () => {
    const [a, b] = (await crew.open(2)) as [GroupMate, GroupMate];
    // Each hears what the other says as that of a member of the next version.
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const)
      from.announce = (datagram) => setImmediate(() => to.group.receiveOutside(ofVersion(2, datagram)));
    for (const { group } of [a, b]) group.join(STACK, PARAMS);
    await crew.until(() => [a, b].every(({ errors, size }) => errors.length > 0 && size === 1));
    await crew.pass(500);
    for (const { errors, views } of [a, b]) {
      expect(errors).toMatchObject([{ code: 'ERR_INCOMPATIBLE', details: { theirs: 2, mine: 1 } }]);
      expect(views).toHaveLength(1);
    }
  });

  it('of members that are cut off are nothing until they are not', async () => {
    const [a, b] = (await crew.open(2)) as [GroupMate, GroupMate];
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const)
      to.cutOff.add(from.me.name);
    for (const { group } of [a, b]) group.join(STACK, PARAMS);
    await crew.until(() => [a, b].every(({ size }) => size === 1));
    await crew.pass(500);
    for (const { views } of [a, b]) expect(views).toHaveLength(1);
    for (const { cutOff } of [a, b]) cutOff.clear();
    await crew.until(() => [a, b].every(({ size }) => size === 2));
  });

  it('that are malformed, of other groups, or my own, are nothing', async () => {
    const [a] = await crew.together(1);
    const me = crew.members[0]?.me ?? fail();
    const heal = CONTROL_LAYERS.indexOf('Heal');
    const from = new Endpoint('10.0.0.9', 4000);
    for (const datagram of [
      bytesOf('hello'),
      new OutsideFormat('other', '').write(heal, from, bytesOf('')),
      new OutsideFormat('test', '').write(heal, from, bytesOf('nonsense')),
      new OutsideFormat('test', '').write(heal, me, bytesOf('')),
    ]) {
      a?.group.receiveOutside(datagram);
    }
    expect(a?.errors).toEqual([]);
    expect(a?.views).toEqual(['view 0']);
  });
});

describe('a group that is disposed of', () => {
  it('has retired its views, and says nothing any more', async () => {
    const [a, b] = await crew.together(2);
    const said = b?.log.length;
    b?.group.dispose();
    expect(b?.group.memoryBytes).toBe(0);
    b?.group.requestNewView();
    b?.group.leave();
    a?.group.requestNewView();
    await crew.pass(50);
    expect(b?.log.slice(said)).toEqual([]);
  });

  it('sets no timer that would keep the process, whatever was under way', async () => {
    const [a] = await crew.together(1);
    a?.group.leave();
    a?.group.dispose();
    await crew.pass(1);
    expect(crew.environment.pendingTimers).toBe(0);
  });

  it('keeps an ended view no longer than it is needed', async () => {
    const [a, b] = await crew.together(2);
    const memory = a?.group.memoryBytes ?? 0;
    for (let round = 0; round < 5; round++) {
      const views = a?.views.length ?? 0;
      a?.group.requestNewView();
      await crew.until(() => (a?.views.length ?? 0) > views);
    }
    await crew.pass(50);
    expect(a?.group.memoryBytes).toBe(memory);
    await crew.until(() => [a, b].every((mate) => mate?.group.isSettled === true));
  });
});

/** The same datagram as another version of the control protocol would send it. */
function ofVersion(version: number, datagram: Uint8Array): Uint8Array {
  const body = datagram.slice(0, -4);
  body[2] = version;
  return new ByteWriter().raw(body).u32(crc32c(body, body.length)).finish();
}

function fail(): never {
  throw new Error('no member');
}
