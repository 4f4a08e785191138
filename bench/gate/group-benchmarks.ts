/** The gate's groups: what messages and changes of views cost all members together, in CPU time. */
import { minMemory } from '../../ts/data-plane/ring-sizes.js';
import { hasNativeCore, type Mode } from '../../ts/sim/cores.js';
import type { Benchmark, PreparedBenchmark } from '../check/api.js';
import { GateGroup, type GateGroupOptions } from './gate-group.js';
import { SlowPlane } from './slow-plane.js';

const PROPERTIES = 'Gmp:Sync:Heal:Switch:Frag:Suspect:Flow';
const MODES: readonly Mode[] = hasNativeCore() ? ['native', 'ts'] : ['ts'];

/** Members; their rings are as small as may be, so that they stay in the processor's cache, where neighbours do not come into it. */
const CASTING = 3;
const CHANGING = 3;
const CHANGES = 4;
const SETTLE_US = 50_000;

interface Load {
  /** Casts of each member in an iteration. */
  readonly casts: number;
  readonly bytes: number;
  /** Every so many-th datagram is lost; 0: none. */
  readonly dropEvery: number;
  /** Whether members get their own casts, too. */
  readonly local: boolean;
}

export const groupBenchmarks: readonly Benchmark[] = [
  ...MODES.map((mode) => casting(`group: casts of 64 B, ${mode}`, true, mode, PROPERTIES, { casts: 20, bytes: 64 })),
  ...MODES.map((mode) =>
    casting(`group: casts of 1000 B under loss, ${mode}`, false, mode, PROPERTIES, {
      casts: 10,
      bytes: 1000,
      dropEvery: 31,
    }),
  ),
  casting('group: casts in total order, ts', false, 'ts', `${PROPERTIES}:Total:Local`, { local: true }),
  changing('group: a new view, ts', 'ts'),
];

/** An iteration: every member casts, and all have got it. */
function casting(name: string, quick: boolean, mode: Mode, properties: string, load: Partial<Load>): Benchmark {
  const { casts, bytes, dropEvery, local } = { casts: 10, bytes: 64, dropEvery: 0, local: false, ...load };
  const setup = () => {
    const group = new GateGroup({ members: CASTING, mode, properties, memory: minMemory(CASTING) });
    group.network.dropEvery = dropEvery;
    const payload = new Uint8Array(bytes);
    const { members } = group;
    const news = casts * (local ? members.length : members.length - 1);
    let wanted = 0;
    return inGroup(group, mode, () => {
      wanted += news;
      for (let cast = 0; cast < casts; cast++) {
        for (const member of members) {
          payload[0] = cast;
          member.cast(payload);
        }
      }
      group.runUntil(() => members.every(({ received }) => received >= wanted));
    });
  };
  return { name, quick, setup };
}

/** An iteration: the coordinator asks for a new view with the same members, and all are in it; some times, for the garbage of one is uneven. */
function changing(name: string, mode: Mode): Benchmark {
  const setup = () => {
    const group = new GateGroup({ members: CHANGING, mode, properties: PROPERTIES, memory: minMemory(CHANGING) });
    return inGroup(group, mode, () => {
      for (let change = 0; change < CHANGES; change++) {
        const { time } = (group.coordinator.view as NonNullable<typeof group.coordinator.view>).viewId;
        group.coordinator.session.group.requestNewView();
        group.runUntil(() => group.members.every(({ view }) => view !== undefined && view.viewId.time > time));
        // Until the last of the old view is said.
        group.runFor(SETTLE_US);
      }
    });
  };
  return { name, setup };
}

function inGroup(group: GateGroup, mode: GateGroupOptions['mode'], iterate: () => void): PreparedBenchmark {
  let slow: SlowPlane | undefined;
  return {
    run: (iterations) => {
      slow?.begins();
      for (let i = 0; i < iterations; i++) iterate();
      slow?.ends();
      return group.checksum;
    },
    counters: () => group.counters,
    slowDown: (share) => {
      slow ??= new SlowPlane(mode);
      slow.share = share;
    },
  };
}
