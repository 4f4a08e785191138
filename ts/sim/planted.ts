/**
 * Bugs on purpose, to see that the checks find them. Each replaces methods of a layer, or of what is near it, from outside: the code that runs in
 * production has no switch. For tests, and for `consort sim --plant`.
 */
import { Outbox } from '../api/outbox.js';
import { OutgoingQueue } from '../api/outgoing-queue.js';
import { Session } from '../api/session.js';
import { ViewPlane } from '../data-plane/view-plane.js';
import { Elect } from '../layers/elect.js';
import { Intra } from '../layers/intra.js';
import { Primary } from '../layers/primary.js';
import { Sync } from '../layers/sync.js';
import { Top } from '../layers/top.js';
import { Group } from '../stack/group.js';
import { GroupView } from '../stack/group-view.js';
import type { ViewState } from '../stack/view-state.js';
import { type PlantedBug, plantBug } from './planted-bug.js';
import { PLANTED_IN_ORDERS } from './planted-orders.js';
import { PLANTED_IN_TRANSFERS } from './planted-transfers.js';

export type { PlantedBug } from './planted-bug.js';

/** A method as seen from outside: what it is called on, and given, is the bug's to know. */
// biome-ignore lint/suspicious/noExplicitAny: it reaches into private parts of classes that do not know of it
type Any = any;

const withTime = (state: ViewState, time: number): ViewState => ({ ...state, id: { ...state.id, time } });

export const PLANTED: Readonly<Record<string, PlantedBug>> = {
  'skip-cut': {
    sentence: 'Members say that they have all of the cut when they are only told of it.',
    methods: [
      [GroupView, 'receivedSends', () => Number.MAX_SAFE_INTEGER],
      [
        Sync,
        'applyCut',
        (self, original, cuts: readonly (readonly [number, number])[], sends) =>
          original(
            cuts.map(([, holder]) => [0, holder]),
            sends,
          ) ?? self,
      ],
    ],
  },
  'own-cut': {
    sentence: 'The coordinator takes what it has of a failed member for what all have.',
    methods: [
      [
        Sync,
        'cutOf',
        (self, original, origin: number) => {
          if (self.answers.has(origin)) return original(origin);
          return [self.answers.get(self.context.myRank).received[origin], self.context.myRank];
        },
      ],
    ],
  },
  'deliver-after-exclusion': {
    sentence: 'What comes of a failed member after the cut is delivered too.',
    methods: [
      [ViewPlane, 'exclude', () => undefined],
      [ViewPlane, 'stopAt', () => undefined],
    ],
  },
  'reuse-view-id': {
    sentence: 'The next view has the time of this one.',
    methods: [
      [Intra, 'give', (self, original, state: ViewState) => original(withTime(state, self.context.view.id.time))],
    ],
  },
  'install-any-view': {
    sentence: 'Any view is installed that comes along, of whatever round and coordinator.',
    methods: [
      [
        Intra,
        'down',
        (self, original, event) => {
          if (event.type === 'view') self.coordinator = self.context.myRank;
          original(event);
        },
      ],
      [Sync, 'coordinates', (self) => self.decided === undefined && self.round !== undefined],
      [Elect, 'elect', electsTwo],
      [Sync, 'receiveBlock', receivesAnyBlock],
    ],
  },
  'two-coordinators': {
    sentence: 'The second member coordinates beside the first.',
    methods: [[Elect, 'elect', electsTwo]],
  },
  'drop-queue': {
    sentence: 'What waits for the next view is forgotten when it comes.',
    methods: [
      [
        Outbox,
        'adopt',
        (_, original, old, rankOf) => {
          old.casts.queue.clear();
          return original(old, rankOf);
        },
      ],
    ],
  },
  'half-message': {
    sentence: 'A message that was sent in part goes on in the next view where it was.',
    methods: [
      [
        OutgoingQueue,
        'rebind',
        (self, original, writer) => {
          const { firstDone } = self;
          original(writer);
          self.firstDone = firstDone;
        },
      ],
    ],
  },
  'send-after-block-ok': {
    sentence: 'Members go on sending in a view after they have said that they have stopped.',
    methods: [[Outbox, 'block', () => undefined]],
  },
  'early-view': {
    sentence: 'The application is told of the next view before it has all messages of this one.',
    methods: [
      [
        GroupView,
        'look',
        (self, original) => {
          original();
          self.streams.caughtUp = true;
        },
      ],
    ],
  },
  'forget-sends': {
    sentence: 'The cut does not cover what members have sent to single ones.',
    methods: [[Sync, 'applyCut', (_, original, cuts) => original(cuts, [])]],
  },
  'wrong-rank': {
    sentence: 'Members are told the rank of the next one.',
    methods: [
      [
        Session,
        'accepted',
        (_, original, view: GroupView) => {
          const { state, myRank } = view;
          original(Object.create(view, { myRank: { value: (myRank + 1) % state.members.length } }));
        },
      ],
    ],
  },
  'wrong-send-view': {
    sentence: 'What waits for the next view is said to go out in this one.',
    methods: [[Outbox, 'post', (_, original, ...args) => (original(...args) === 'next' ? 'current' : 'unspecified')]],
  },
  'send-again': {
    sentence: 'The first message that waits when a view comes goes out in it twice.',
    methods: [
      [
        OutgoingQueue,
        'rebind',
        (self, original, writer) => {
          original(writer);
          for (const { kind, payload } of self.waiting()) return writer.write(payload, kind);
        },
      ],
    ],
  },
  'mix-up-states': {
    sentence: 'The coordinator takes what it has to say itself for what all have said.',
    methods: [
      [
        Sync,
        'answered',
        (self, original, from: number, answer) => original(from, { ...answer, stateMessage: self.stateMessage }),
      ],
    ],
  },
  'forget-merger': {
    sentence: 'A merge is granted, and then left out of the view.',
    methods: [
      [
        Top,
        'decide',
        (self, original, event) => {
          self.mergers = [];
          original(event);
        },
      ],
    ],
  },
  'primary-without-quorum': {
    sentence: 'Every view is primary.',
    methods: [
      [
        Primary,
        'down',
        (self, original, event) =>
          event.type === 'view'
            ? self.context.down({ ...event, state: { ...event.state, primary: true } })
            : original(event),
      ],
    ],
  },
  'stay-at-exit': {
    sentence: 'A member that has left goes on telling its application.',
    methods: [
      [
        Group,
        'exit',
        (self, original) => {
          original();
          self.owner.stopped = false;
          self.owner.block(() => {});
        },
      ],
    ],
  },
  ...PLANTED_IN_ORDERS,
  ...PLANTED_IN_TRANSFERS,
};

function electsTwo(self: Any, original: () => void): void {
  if (self.context.myRank === 1 && !self.elected) {
    self.elected = true;
    self.context.up({ type: 'elect' });
  } else original();
}

function receivesAnyBlock(self: Any, original: (...args: Any[]) => void, from: number, record: Any): void {
  const suspect = self.suspect;
  self.suspect = (rank: number, reason: string) =>
    reason.startsWith('it coordinates') || suspect.call(self, rank, reason);
  original(from, record);
  delete self.suspect;
}

/** Plants one for whatever runs in this process, until the function that is returned is called. */
export function plant(name: string): () => void {
  return plantBug(PLANTED[name] as PlantedBug);
}
