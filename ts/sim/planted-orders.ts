/** Bugs on purpose in what orders casts. */
import { Incoming } from '../api/incoming.js';
import { Outbox } from '../api/outbox.js';
import type { RecordReader } from '../data-plane/record-reader.js';
import { Stability } from '../data-plane/typescript/stability.js';
import { Agree } from '../ordering/agree.js';
import { Causal } from '../ordering/causal.js';
import { OrderPlace } from '../ordering/order-place.js';
import { subcastHeaderBytes } from '../ordering/subcast.js';
import { Total } from '../ordering/total.js';
import type { PlantedBug } from './planted-bug.js';

/** A policy at work, whose class is nobody's business. */
// biome-ignore lint/suspicious/noExplicitAny: it reaches into private parts of classes that do not know of it
type Any = any;

/** Of each that begins: `spoil` replaces methods of it. */
function spoiled(order: { readonly prototype: object }, spoil: (delivery: Any) => void): PlantedBug['methods'] {
  return [
    [
      order,
      'begin',
      (_, original, streams) => {
        const delivery = original(streams);
        spoil(delivery);
        return delivery;
      },
    ],
  ];
}

export const PLANTED_IN_ORDERS: Readonly<Record<string, PlantedBug>> = {
  'order-by-arrival': {
    sentence: 'Total order is the order of arrival.',
    methods: spoiled(Total, (delivery) => {
      delivery.drain = (message: unknown, budget: number) => {
        let walked = 0;
        for (const reader of delivery.streams.readers as RecordReader[]) {
          reader.gate = Number.MAX_SAFE_INTEGER;
          walked += reader.drain(delivery.receiver, message as never, budget);
          delivery.runs = [];
        }
        return walked;
      };
    }),
  },
  'forget-order-rest': {
    sentence: 'What the sequencer has not named when a view ends is delivered by nobody.',
    methods: spoiled(Total, (delivery) => {
      delivery.walkRest = () => 0;
    }),
  },
  'forget-order-places': {
    sentence: 'What depends on an order that is lost is delivered all the same.',
    methods: [[OrderPlace, 'isBeyond', () => false]],
  },
  'ignore-dependencies': {
    sentence: 'Nobody waits for what a cast depends on.',
    methods: spoiled(Causal, (delivery) => {
      delivery.isMet = () => true;
    }),
  },
  'no-dependencies-written': {
    sentence: 'Nobody says what its casts depend on.',
    methods: spoiled(Causal, (delivery) => {
      delivery.streams.writer.interposer = undefined;
    }),
  },
  'deliver-unsafe': {
    sentence: 'With Agree casts are delivered when they come.',
    methods: spoiled(Agree, (delivery) => {
      delivery.ceiling = () => Number.MAX_SAFE_INTEGER;
    }),
  },
  'safe-without-failed': {
    sentence: 'What all have but those who were taken for failed is safe.',
    methods: [[Stability, 'safe', (self, _, none: number) => self.received(none)]],
  },
  'skip-self': {
    sentence: 'Nobody gets its own casts.',
    methods: [
      [
        Incoming,
        'onMessage',
        (self, original, origin: number, kind: number, message) =>
          origin === self.myRank ? undefined : original(origin, kind, message),
      ],
    ],
  },
  'subcast-to-all': {
    sentence: 'A send that goes with the casts is delivered by all.',
    methods: [
      [
        Incoming,
        'onOther',
        (self, original, origin: number, kind: number, message) => {
          const { myRank } = self;
          self.myRank = message.at(subcastHeaderBytes(0));
          original(origin, kind, message);
          self.myRank = myRank;
        },
      ],
    ],
  },
  'subcast-beside': {
    sentence: 'Sends go beside the casts, also with Subcast.',
    methods: [
      [
        Outbox,
        'postTo',
        (self, original, ranks, payload) => {
          const { subcast } = self;
          self.subcast = false;
          try {
            return original(ranks, payload);
          } finally {
            self.subcast = subcast;
          }
        },
      ],
    ],
  },
};
