// What test/vectors/control.json is made of: records and datagrams as the layers write them, and what each of them means, read as
// docs/control-records.md says.
import { Endpoint } from '../../../ts/base/endpoint.js';
import { ChkAgree } from '../../../ts/layers/chk-agree.js';
import { ChkCausal } from '../../../ts/layers/chk-causal.js';
import { ChkFifo } from '../../../ts/layers/chk-fifo.js';
import { ChkSync } from '../../../ts/layers/chk-sync.js';
import { ChkTotal } from '../../../ts/layers/chk-total.js';
import { Heal } from '../../../ts/layers/heal.js';
import { Intra } from '../../../ts/layers/intra.js';
import { Leave } from '../../../ts/layers/leave.js';
import { Merge } from '../../../ts/layers/merge.js';
import { Slander } from '../../../ts/layers/slander.js';
import { Sync } from '../../../ts/layers/sync.js';
import { Top } from '../../../ts/layers/top.js';
import { type ByteReader, ByteWriter, MalformedError } from '../../../ts/stack/codec.js';
import type { MergeMessage, StackEvent } from '../../../ts/stack/event.js';
import type { Layer, LayerContext } from '../../../ts/stack/layer.js';
import { OutsideFormat } from '../../../ts/stack/outside.js';
import { CONTROL_LAYERS, type ControlLayerName } from '../../../ts/stack/protocol.js';
import { readViewId, readViewState, type ViewState, viewName } from '../../../ts/stack/view-state.js';
import { block, FakeContext, reader, suspicion } from '../layers/fake-context.js';
import { bytesOf, STACK, viewOf } from './views.js';

export interface ControlVector {
  readonly name: string;
  /** `record`: inside a view. `datagram`: outside views, with its head. */
  readonly form: 'record' | 'datagram';
  readonly hex: string;
  /** Undefined: nobody takes it; `refused` says why. */
  readonly layer?: ControlLayerName;
  readonly kind?: number;
  readonly from?: string;
  readonly fields?: object;
  readonly refused?: string;
}

export const GROUP = { name: 'vectors', key: 'secret' };

const MEMBERS = [
  new Endpoint('10.0.0.1', 4000, 0x1122334455),
  new Endpoint('10.0.0.2', 4001, 2 ** 53 - 1),
  new Endpoint('2001:db8::1', 65535, 1),
  new Endpoint('10.0.0.3', 4003, 7),
];
const OTHERS = [new Endpoint('10.0.0.8', 4008, 8), new Endpoint('10.0.0.9', 4009, 9)];
const OTHER_ID = { time: 12, coordinator: OTHERS[0] as Endpoint };

const VIEW: ViewState = {
  groupName: 'vectors',
  protocol: STACK,
  params: 'heal_sweep=2:time',
  id: { time: 5, coordinator: MEMBERS[0] as Endpoint },
  members: MEMBERS,
  previous: [],
  primary: false,
  message: new Uint8Array(0),
};

const NEXT: ViewState = {
  ...VIEW,
  id: { time: 13, coordinator: MEMBERS[0] as Endpoint },
  members: [...MEMBERS.slice(0, 2), ...OTHERS],
  previous: [VIEW.id, OTHER_ID],
  primary: true,
  message: bytesOf('of the view'),
};

/** A layer at a member of VIEW, with what it says; what it sends down comes back, as from Bottom. */
export function at<T extends Layer>(layerClass: new (context: LayerContext) => T, myRank: number) {
  const context = new FakeContext(VIEW, { myRank, compatibility: 'wire version 1' });
  context.application.says = `state of ${myRank}`;
  context.plane.positions.splice(0, 4, 8 * myRank, 2 ** 40, 24, 32);
  context.plane.toOthers.push([myRank === 0 ? 1 : 0, 4096]);
  const layer = new layerClass(context);
  const bounce = () => {
    for (const event of context.downs.splice(0)) layer.up(event);
  };
  return { layer, context, bounce };
}

function leaveRecords(): [string, Uint8Array | undefined][] {
  const view: StackEvent = { type: 'view', state: NEXT };
  const leaver = at(Leave, 1);
  leaver.layer.up({ type: 'leave' });
  const member = at(Leave, 2);
  member.layer.up(block(0, 1));
  member.layer.up(view);
  const coordinator = at(Leave, 0);
  coordinator.layer.up(block(0, 1, [1, 2, 3]));
  coordinator.layer.up(view);
  return [
    ['leave', leaver.context.casts[0]],
    ['leave-got-view', member.context.sends[0]?.record],
    ['leave-all-got', coordinator.context.casts[0]],
  ];
}

function syncRecords(): [string, Uint8Array | undefined][] {
  const coordinator = at(Sync, 0);
  const member = at(Sync, 3);
  const give = (from: number, to: typeof member, record: Uint8Array | undefined) => {
    to.layer.receive(from, reader(record as Uint8Array));
    to.bounce();
  };
  coordinator.layer.down(block(0, 3, [1, 2]));
  coordinator.bounce();
  const [blockRecord] = coordinator.context.casts;
  give(0, member, blockRecord);
  const blockOk = member.context.sends[0]?.record;
  give(3, coordinator, blockOk);
  const cut = coordinator.context.casts[1];
  member.context.plane.fromOthers.set(0, 4096);
  give(0, member, cut);
  const cutOk = member.context.sends[1]?.record;
  member.layer.up({ type: 'view', state: NEXT });
  give(0, member, blockRecord);
  const leaving = at(Sync, 1);
  leaving.layer.down(block(1, 2 ** 32 - 1, [], [0]));
  return [
    ['sync-block', blockRecord],
    ['sync-block-leaving', leaving.context.casts[0]],
    ['sync-block-ok', blockOk],
    ['sync-cut', cut],
    ['sync-cut-ok', cutOk],
    ['sync-decided', member.context.sends[2]?.record],
  ];
}

function otherRecords(): [string, Uint8Array | undefined][] {
  const intra = at(Intra, 0);
  intra.layer.up(block(0, 3));
  intra.layer.down({ type: 'view', state: NEXT });
  const slander = at(Slander, 0);
  slander.layer.up(suspicion(1, 3));
  const chkSync = at(ChkSync, 1);
  chkSync.layer.up({ type: 'view', state: NEXT });
  chkSync.context.plane.deliveredAll = true;
  chkSync.layer.progress();
  const top = at(Top, 2);
  top.layer.up(suspicion(1, 3));
  top.layer.up({ type: 'prompt' });
  const chkFifo = at(ChkFifo, 1);
  chkFifo.layer.up({ type: 'init' });
  chkFifo.context.environment.advance(100);
  const chkTotal = at(ChkTotal, 1);
  chkTotal.context.plane.deliver(0, 1, 3, 1);
  chkTotal.layer.up({ type: 'view', state: NEXT });
  chkTotal.context.plane.deliveredAll = true;
  chkTotal.layer.progress();
  const chkCausal = at(ChkCausal, 1);
  const chkAgree = at(ChkAgree, 1);
  for (const { layer, context } of [chkCausal, chkAgree]) {
    layer.up({ type: 'init' });
    context.plane.deliver(0, 1, 3, 1);
    context.environment.advance(100);
  }
  return [
    ['top-suspect', top.context.sends[0]?.record],
    ['top-prompt', top.context.sends[1]?.record],
    ['fifo-cast', chkFifo.context.casts[0]],
    ['fifo-send', chkFifo.context.sends[0]?.record],
    ['intra-view', intra.context.casts[0]],
    ['slander', slander.context.casts[0]],
    ['chk-sync', chkSync.context.sends[0]?.record],
    ['total', chkTotal.context.sends[0]?.record],
    ['causal', chkCausal.context.casts[0]],
    ['agree', chkAgree.context.casts[0]],
  ];
}

function mergeBodies(): [string, Uint8Array | undefined][] {
  const to = VIEW.id;
  const merger = {
    state: viewOf([0, 1], { time: 6, previous: [{ ...VIEW.id }] }),
    stateMessages: ['a', ''].map(bytesOf),
  };
  const messages: [string, MergeMessage][] = [
    [
      'merge-request',
      {
        kind: 'request',
        into: OTHER_ID,
        from: to,
        merger,
        compatibility: 'wire version 1',
        joinMessage: bytesOf('please'),
      },
    ],
    ['merge-granted', { kind: 'granted', to, state: NEXT }],
    ['merge-denied', { kind: 'denied', to, reason: 'it merges with another view itself', by: 'busy' }],
    ['merge-denied-for-good', { kind: 'denied', to, reason: 'too many', by: 'incompatible' }],
    ['merge-denied-by-application', { kind: 'denied', to, reason: 'not wanted', by: 'application' }],
    ['merge-taken', { kind: 'taken', to }],
  ];
  return messages.map(([name, message]) => {
    const { layer, context } = at(Merge, 0);
    layer.down({ type: 'mergeMessage', peer: OTHERS[0] as Endpoint, message });
    return [name, context.told[0]?.body];
  });
}

function healBodies(): [string, Uint8Array | undefined][] {
  const { layer, context } = at(Heal, 0);
  layer.up({ type: 'init' });
  context.environment.advance(20);
  const other = at(Heal, 1);
  const ask = Uint8Array.from(context.announced[0] as Uint8Array);
  ask[0] = 2;
  other.layer.receiveOutside(OTHERS[0] as Endpoint, reader(ask));
  return [
    ['heal-announcement', context.announced[0]],
    ['heal-ask', ask],
    ['heal-redirect', other.context.told[0]?.body],
  ];
}

const LAYERS: Readonly<Record<string, ControlLayerName>> = {
  agree: 'Chk_agree',
  causal: 'Chk_causal',
  chk: 'Chk_sync',
  fifo: 'Chk_fifo',
  heal: 'Heal',
  intra: 'Intra',
  leave: 'Leave',
  merge: 'Merge',
  slander: 'Slander',
  sync: 'Sync',
  top: 'Top',
  total: 'Chk_total',
};

function layerOf(name: string): ControlLayerName {
  return LAYERS[name.replace(/-.*/, '')] as ControlLayerName;
}

export function makeControlVectors(): ControlVector[] {
  const records = [...leaveRecords(), ...otherRecords(), ...syncRecords()];
  const bodies = [...healBodies(), ...mergeBodies()];
  const format = new OutsideFormat(GROUP.name, GROUP.key);
  const [me] = MEMBERS as [Endpoint];
  const datagrams = bodies.map(([name, body]): [string, Uint8Array] => {
    return [name, format.write(CONTROL_LAYERS.indexOf(layerOf(name)), me, body as Uint8Array)];
  });
  const good = datagrams.find(([name]) => name === 'merge-taken')?.[1] as Uint8Array;
  const changed = (at: number, value: number) => Object.assign(good.slice(), { [at]: value });
  const refused: [string, Uint8Array][] = [
    ['refused-magic', changed(0, 0x57)],
    ['refused-version', changed(2, 2)],
    ['refused-group', changed(4, (good[4] as number) ^ 1)],
    ['refused-short', good.slice(0, 11)],
    ['refused-sender', format.write(8, new Endpoint('10.0.0.1', 0), bytesOf('no port'))],
    ['refused-sender-short', good.slice(0, 20)],
  ];
  return [
    ...records.map(([name, bytes]) => describeRecord(name, layerOf(name), bytes as Uint8Array)),
    ...[...datagrams, ...refused].map(([name, bytes]) => describeDatagram(name, bytes)),
  ];
}

export function describeRecord(name: string, layer: ControlLayerName, bytes: Uint8Array): ControlVector {
  const record = reader(bytes);
  const fields = DESCRIBE[layer]?.(record);
  record.end();
  return { name, form: 'record', hex: hexOf(bytes), layer, kind: CONTROL_LAYERS.indexOf(layer), fields: fields ?? {} };
}

export function describeDatagram(name: string, bytes: Uint8Array): ControlVector {
  const base = { name, form: 'datagram', hex: hexOf(bytes) } as const;
  try {
    const datagram = new OutsideFormat(GROUP.name, GROUP.key).read(bytes);
    if (datagram === undefined) return { ...base, refused: 'none of ours' };
    if (typeof datagram === 'number') return { ...base, refused: `version ${datagram}` };
    const layer = CONTROL_LAYERS[datagram.layer] as ControlLayerName;
    const body = reader(datagram.body);
    const fields = DESCRIBE[layer]?.(body);
    body.end();
    return { ...base, layer, kind: datagram.layer, from: datagram.from.name, fields: fields ?? {} };
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return { ...base, refused: 'malformed' };
  }
}

const DESCRIBE: Partial<Record<ControlLayerName, (from: ByteReader) => object>> = {
  Chk_sync: (from) => ({ delivered: from.integers() }),
  Chk_total: (from) => ({ count: from.integer(), digest: from.u32() }),
  Chk_causal: (from) => ({ written: from.integer(), delivered: from.integers() }),
  Chk_agree: (from) => ({ delivered: from.integers() }),
  Chk_fifo: (from) => ({ type: ['CAST', 'SEND'][from.u8()], number: from.integer() }),
  Heal: describeHeal,
  Top: (from) => {
    const type = ['SUSPECT', 'PROMPT'][from.u8() - 1];
    return type === 'SUSPECT' ? { type, ranks: from.ranks(MEMBERS.length) } : { type };
  },
  Intra: (from) => ({ attempt: from.u32(), view: viewFrom(from) }),
  Leave: (from) => ({ type: ['LEAVE', 'GOT_VIEW', 'ALL_GOT'][from.u8() - 1] }),
  Merge: describeMerge,
  Slander: (from) => ({ ranks: from.ranks(MEMBERS.length) }),
  Sync: describeSync,
};

function describeSync(from: ByteReader): object {
  const members = MEMBERS.length;
  const type = ['BLOCK', 'BLOCK_OK', 'CUT', 'CUT_OK', 'DECIDED'][from.u8() - 1];
  if (type === 'DECIDED') return { type, view: viewFrom(from) };
  const base = { type, attempt: from.u32() };
  switch (type) {
    case 'BLOCK':
      return { ...base, failed: from.ranks(members), leaving: from.ranks(members) };
    case 'BLOCK_OK': {
      const answer = { failed: from.ranks(members), received: from.integers() };
      const sent = from.list(() => ({ to: from.rank(members), position: from.integer() }));
      return { ...base, ...answer, sent, stateMessage: hexOf(from.block()) };
    }
    case 'CUT': {
      const casts = from.list(() => ({ position: from.integer(), holder: from.rank(members) }));
      const sends = from.list(() => ({ from: from.rank(members), to: from.rank(members), position: from.integer() }));
      return { ...base, casts, sends };
    }
    default:
      return base;
  }
}

function describeHeal(from: ByteReader): object {
  const type = ['ANNOUNCE', 'ANSWER', 'ASK', 'REDIRECT'][from.u8()];
  if (type === 'REDIRECT') return { type, coordinator: from.endpoint().name };
  return {
    type,
    id: idOf(from),
    settled: from.u8() === 1,
    members: from.u16(),
    protocol: from.text(),
    compatibility: from.text(),
  };
}

function describeMerge(from: ByteReader): object {
  const kind = ['request', 'granted', 'denied', 'taken'][from.u8()];
  switch (kind) {
    case 'request': {
      const ids = { into: idOf(from), from: idOf(from) };
      const view = viewFrom(from);
      const stateMessages = from.list(() => hexOf(from.block()));
      return { kind, ...ids, view, stateMessages, compatibility: from.text(), joinMessage: hexOf(from.block()) };
    }
    case 'granted':
      return { kind, to: idOf(from), view: viewFrom(from) };
    case 'denied':
      return { kind, to: idOf(from), reason: from.text(), by: from.u8() };
    default:
      return { kind, to: idOf(from) };
  }
}

function idOf(from: ByteReader): string {
  return viewName(readViewId(from));
}

function viewFrom(from: ByteReader): object {
  const { id, members, previous, message, ...rest } = readViewState(from);
  return {
    ...rest,
    id: viewName(id),
    members: members.map(String),
    previous: previous.map(viewName),
    message: hexOf(message),
  };
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** A state in which a layer reads the whole of every record. */
export function readsAll(name: ControlLayerName): Layer {
  switch (name) {
    case 'Sync': {
      const { layer, bounce } = at(Sync, 0);
      layer.receive(1, reader(new ByteWriter().u8(1).u32(1).ranks([]).ranks([0])));
      bounce();
      return layer;
    }
    case 'Chk_sync':
      return at(ChkSync, 0).layer;
    case 'Intra':
      return at(Intra, 1).layer;
    case 'Leave':
      return at(Leave, 1).layer;
    case 'Slander':
      return at(Slander, 2).layer;
    case 'Top':
      return at(Top, 0).layer;
    case 'Chk_fifo':
      return at(ChkFifo, 0).layer;
    case 'Chk_total':
      return at(ChkTotal, 0).layer;
    case 'Chk_causal':
      return at(ChkCausal, 0).layer;
    case 'Chk_agree':
      return at(ChkAgree, 0).layer;
    case 'Heal':
      return at(Heal, 0).layer;
    case 'Merge':
      return at(Merge, 0).layer;
    default:
      throw new Error(`${name} has no records`);
  }
}
