/** Bugs on purpose in who is a server, in what a state transfer holds back, and in the transfer itself. */
import { Incoming } from '../api/incoming.js';
import { Outbox } from '../api/outbox.js';
import { Session } from '../api/session.js';
import { Transfers } from '../api/transfers.js';
import { readStatement } from '../client-server/envelopes.js';
import { RoleKeeper } from '../client-server/role-keeper.js';
import { composeRoles, type RoleTable, type Statement } from '../client-server/roles.js';
import { readState, writeState } from '../client-server/state-records.js';
import { StateRequester } from '../client-server/state-requester.js';
import type { ViewState } from '../stack/view-state.js';
import type { PlantedBug } from './planted-bug.js';

type Statements = Map<number, Statement>;

/** Who composes a view composes another table for it, of what the members have said. */
function composed(compose: (next: ViewState, statements: Statements) => RoleTable): PlantedBug['methods'] {
  return [
    [
      RoleKeeper,
      'propose',
      (_, original, next: ViewState, stateMessages: ReadonlyMap<number, Uint8Array>) => {
        const statements: Statements = new Map();
        for (const [rank, bytes] of stateMessages) {
          const stated = readStatement(bytes);
          if (stated !== undefined) statements.set(rank, stated.statement);
        }
        return { ...original(next, stateMessages), table: compose(next, statements) };
      },
    ],
  ];
}

/** What was held back in the view before is changed when the next one takes it over. */
function heldAs(change: (held: readonly unknown[]) => unknown[]): PlantedBug['methods'] {
  return [
    [
      Outbox,
      'adopt',
      (_, original, old, rankOf) => {
        old.held.messages = change(old.held.messages);
        return original(old, rankOf);
      },
    ],
  ];
}

export const PLANTED_IN_TRANSFERS: Readonly<Record<string, PlantedBug>> = {
  'queue-passes-gate': {
    sentence: 'What waited when a view ended goes out in the next, also where a transfer should hold it back.',
    methods: [
      [
        Outbox,
        'adopt',
        (self, original, old, rankOf) => {
          const { gate } = self;
          self.gate = 0;
          const dropped = original(old, rankOf);
          self.gate = gate;
          return dropped;
        },
      ],
    ],
  },
  'drop-held': { sentence: 'What is held back is forgotten with the view.', methods: heldAs(() => []) },
  'turn-held': {
    sentence: 'What was held back goes out in the reverse order.',
    methods: heldAs((held) => [...held].reverse()),
  },
  'double-held': {
    sentence: 'What was held back goes out twice.',
    methods: heldAs((held) => [...held, ...held]),
  },
  'all-sides-keep-servers': {
    sentence: 'Of views that merge each keeps its servers.',
    methods: composed(({ members, id }, statements) => {
      const [first] = statements.values();
      const { view, primary } = first ?? { view: id, primary: false };
      const asOne = [...statements].map(([rank, each]) => [rank, { ...each, view, primary }] as const);
      return composeRoles(members, id.time, new Map(asOne));
    }),
  },
  'heirs-go-on': {
    sentence:
      'Where one of those who were getting the state is taken for the one who has it, the others go on with what they got of another.',
    methods: composed(({ members, id }, statements) =>
      composeRoles(members, id.time, statements).map((role, rank) => {
        const before = statements.get(rank)?.role;
        return role.type === 'transferring' && before?.type === 'transferring' ? before : role;
      }),
    ),
  },
  'begin-in-each-view': {
    sentence: 'A transfer that is in progress begins again with each view.',
    methods: [
      [
        RoleKeeper,
        'standingIn',
        (_, original, state, table) => {
          const standing = original(state, table);
          return { ...standing, startTransfer: standing.state === 'server-xfer' };
        },
      ],
    ],
  },
  'ask-once': {
    sentence: 'Who has the state says so once, and not again when that is lost with a coordinator.',
    methods: [[Session, 'settleRole', (self, _, _view, data) => self.servers?.onStanding(data)]],
  },
  'done-of-another': {
    sentence: 'That a member has the state of an older transfer counts for this one.',
    methods: [[Transfers, 'done', (self, original) => original(self.xferId)]],
  },
  'parts-of-another': {
    sentence: 'What comes of a request that is over is taken for a part of the one that is not.',
    methods: [
      [
        StateRequester,
        'receive',
        (self, original, from, bytes: Uint8Array) => {
          const record = readState(bytes);
          if (self.requests.has(record.number)) return original(from, bytes);
          const [open] = self.requests;
          if (open !== undefined) original(open[1].provider, writeState({ ...record, number: open[0] }));
        },
      ],
    ],
  },
  'wait-for-ever': {
    sentence: 'Who waits for the state of a transfer that is over is told nothing.',
    methods: [
      [
        StateRequester,
        'terminate',
        (self) => {
          for (const request of [...self.requests.values()]) request.cancel();
        },
      ],
    ],
  },
  'scast-to-clients': {
    sentence: 'What is cast to the servers comes to clients, too.',
    methods: [[Session, 'serverPart', (_, original, state, rank) => ({ ...original(state, rank), serves: true })]],
  },
  'scast-past-xfer-servers': {
    sentence: 'What is cast to the servers does not come to those who are becoming one.',
    methods: [
      [
        Session,
        'serverPart',
        (self, original, state: ViewState, rank: number) => {
          const part = original(state, rank);
          return part && { ...part, serves: self.roles.agreed(state).table[rank]?.type === 'server' };
        },
      ],
    ],
  },
  'lists-to-all': {
    sentence: 'What is for a list comes to all.',
    methods: [
      [Incoming, 'isForMe', (_, original, origin, message, anyway) => original(origin, message, anyway) !== undefined],
    ],
  },
};
