/** Bugs on purpose in the replicated store, to see that the checks find them: each replaces methods from outside, as those of groups do (ts/sim/planted.ts). */
import type { Operation } from '../../store/database.js';
import { Follower } from '../../store/follower.js';
import { Hellos } from '../../store/hellos.js';
import { HALF_KEY } from '../../store/keys.js';
import { Leader } from '../../store/leader.js';
import { Overlay } from '../../store/overlay.js';
import { ReadIndex } from '../../store/read-index.js';
import { lastOf } from '../../store/record.js';
import { Replica } from '../../store/replica.js';
import { ReplicaStanding } from '../../store/replica-standing.js';
import { StateMachine } from '../../store/state-machine.js';
import { Submissions } from '../../store/submissions.js';
import { SyncCopy } from '../../store/sync-copy.js';
import { SyncProvider } from '../../store/sync-provider.js';
import { SyncRequester } from '../../store/sync-requester.js';
import { Synchronization } from '../../store/synchronization.js';
import { Term } from '../../store/term.js';
import type { PlantedBug } from '../planted-bug.js';
import { PLANTED_IN_DISKS } from '../planted-disks.js';

export const PLANTED_IN_STORES: Readonly<Record<string, PlantedBug>> = {
  'accept-before-durable': {
    sentence: 'A record is acknowledged before it is on the disk.',
    methods: [
      [
        StateMachine,
        'append',
        (self, original, ...args) => {
          original(...args);
          self.durable = self.log.lastVersion;
          self.events.onDurable();
        },
      ],
    ],
  },
  'cut-what-matches': {
    sentence:
      'A follower cuts off what it does not know to be committed when there is a new leader, also what the leader has, too.',
    methods: [
      [
        Replica,
        'begin',
        (self, original, election, replicas) => {
          const { machine, myRank } = self;
          if (election.leader.rank !== myRank && self.standing.standing === 'intact')
            machine.pipeline.write(machine.truncateAfter(machine.committed), true, () => {});
          original(election, replicas);
        },
      ],
    ],
  },
  'count-blanks': {
    sentence: 'Replicas whose disks are empty count for a majority.',
    methods: [
      [
        Hellos,
        'add',
        (_, original, rank, hello) =>
          original(rank, hello.standing === 'blank' ? { ...hello, standing: 'intact' } : hello),
      ],
    ],
  },
  'count-before-durable': {
    sentence:
      'A replica counts for a majority when it has been told what it needs for that, and not when it is on the disk.',
    methods: [
      [
        ReplicaStanding,
        'countsFrom',
        (self, original, ...args) => {
          original(...args);
          if (self.isCounting) self.now = 'intact';
        },
      ],
    ],
  },
  'minority-leads': {
    sentence: 'Where there is no majority the best of those that are there leads, and commits by itself.',
    methods: [
      [
        Replica,
        'heardHello',
        (self, original, ...args) => {
          original(...args);
          if (self.election?.type !== 'no-quorum') return;
          const present = self.hellos.all.sort((a: { rank: number }, b: { rank: number }) => a.rank - b.rank);
          const epoch = 1 + Math.max(...present.map(({ promised }: { promised: number }) => promised));
          self.election = { type: 'elected', leader: present[0], epoch, counted: new Set([present[0].rank]) };
          self.begin(self.election, present);
        },
      ],
      [
        Leader,
        'receive',
        (self, original, ...args) => {
          self.majority = Math.min(self.majority, 1 + self.peers.size);
          original(...args);
        },
      ],
    ],
  },
  'own-epochs': {
    sentence: 'An epoch is one more than the last that a replica has promised itself.',
    methods: [
      [
        Replica,
        'begin',
        (self, original, election, replicas) =>
          original({ ...election, epoch: 1 + self.standing.meta.promised }, replicas),
      ],
    ],
  },
  'best-by-length': {
    sentence: 'The longest log is the best one, whatever epoch its last record is of.',
    methods: [
      [
        Hellos,
        'add',
        (_, original, rank, hello) => original(rank, { ...hello, lastEpoch: Math.min(1, hello.lastEpoch) }),
      ],
    ],
  },
  'commit-old-epochs': {
    sentence: 'Records of earlier epochs are committed when a majority has them.',
    methods: [
      [
        Leader,
        'advance',
        (self, original) => {
          const { first } = self;
          self.first = Math.min(first, 1);
          original();
          self.first = first;
        },
      ],
    ],
  },
  'forget-half': {
    sentence: 'A store in the middle of a synchronization is not marked on the disk.',
    methods: [
      [
        SyncCopy,
        'write',
        (_, original, operations: readonly Operation[], ...rest) =>
          original(
            operations.filter(({ type, ...each }) => type !== 'put' || !('key' in each) || each.key !== HALF_KEY),
            ...rest,
          ),
      ],
    ],
  },
  'read-while-half': {
    sentence: 'A store in the middle of a synchronization is read, and acknowledges.',
    methods: [
      [
        Synchronization,
        'replacing',
        (self, original) => {
          const { host } = self;
          self.host = { ...host, machine: host.machine, meta: host.meta, becameHalf: () => {} };
          const operations = original();
          self.host = host;
          return operations;
        },
      ],
    ],
  },
  'copy-without-log': {
    sentence: 'What happened while a store was copied is left out.',
    methods: [
      [
        SyncCopy,
        'close',
        (self, original) => {
          const { low } = original();
          self.high = low.version;
          return { low, high: low.version };
        },
      ],
    ],
  },
  'lose-last-key': {
    sentence: 'The last key of a chunk is left out.',
    methods: [
      [
        SyncProvider,
        'sendChunk',
        (self, original, entity, entries) => {
          original(entity, entries.length > 1 ? entries.slice(0, -1) : entries);
          entity.nextKey = Uint8Array.of(...(entries.at(-1)?.[0] ?? entity.nextKey), 0);
          void self;
        },
      ],
    ],
  },
  'submit-again': {
    sentence: 'What was submitted goes to a new leader at once, without a look at what it has of it.',
    methods: [
      [
        Term,
        'ready',
        ({ host: { submissions }, epoch }, original) => {
          for (const submission of submissions.waiting.values()) submission.sentIn = 0;
          original();
          submissions.epoch = 0;
          submissions.settle(epoch);
        },
      ],
    ],
  },
  'compare-committed': {
    sentence: 'Compares see what is committed, and not what is about to be.',
    methods: [
      [
        Leader,
        'holds',
        (self, original, compare) => {
          const { pending } = self;
          self.pending = new Overlay();
          const holds = original(compare);
          self.pending = pending;
          return holds;
        },
      ],
    ],
  },
  'refuse-what-was-sent': {
    sentence: 'What waits for an outcome when the majority is gone is said not to have happened.',
    methods: [
      [
        Submissions,
        'failAll',
        (self, original, why) => {
          for (const submission of self.waiting.values()) submission.sentIn = 0;
          original(why);
        },
      ],
    ],
  },
  'read-without-asking': {
    sentence: 'A leader answers linearizable reads without making sure that it still leads.',
    methods: [
      [
        ReadIndex,
        'ask',
        (self, original, answer) => {
          const version = self.port.committed();
          if (version === undefined) original(answer);
          else answer(version);
        },
      ],
    ],
  },
  'forget-own-writes': {
    sentence: 'What is committed is read only when it has come to the database.',
    methods: [[Overlay, 'add', () => undefined]],
  },
  'tell-twice': {
    sentence: 'Watchers are told of some versions twice.',
    methods: [
      [
        Replica,
        'applied',
        (self, original, first, entries) => {
          original(first, entries);
          if (first % 8 === 0) self.port.onApplied(first, entries.slice(0, 1));
        },
      ],
    ],
  },
  'commit-what-is-there': {
    sentence: 'A follower takes for committed what it has.',
    methods: [
      [Follower, 'heard', (self, original) => original(lastOf(self.seat.machine.log.placeOf(self.matched) ?? NOTHING))],
      [
        StateMachine,
        'truncateAfter',
        (self, original, version) => {
          self.committed = Math.min(self.committed, version);
          return original(version);
        },
      ],
    ],
  },
  'found-again': {
    sentence: 'Who founds a store knows what it is called before the others do.',
    methods: [
      [
        Term,
        'makeSeat',
        (self, original, epoch, leader, replicas) => {
          const seat = original(epoch, leader, replicas);
          if (leader.rank !== self.place.rank) return { ...seat, storeId: '' };
          const { standing } = self.host;
          if (standing.meta.storeId === '') standing.kept = { ...standing.meta, storeId: seat.storeId };
          return seat;
        },
      ],
    ],
  },
  'forget-gap': {
    sentence: 'A follower that had no room for a record does not ask for it again.',
    methods: [[Follower, 'checkHeld', (self) => self.takeHeld()]],
  },
  'wait-for-first-leader': {
    sentence: 'Who synchronizes does not ask the next leader when the first is gone.',
    methods: [[SyncRequester, 'leaderChanged', () => undefined]],
  },
  ...PLANTED_IN_DISKS,
};

/** Of a log without records. */
const NOTHING = { epoch: 0, version: 0, count: 1 };
