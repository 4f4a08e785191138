// A member of a group with views in a process of its own, told by its test what to do (group-crew.ts). All that its application sends and is
// told goes into a file, a line of JSON each, at once: a process that is killed has said everything.
import { openSync, writeSync } from 'node:fs';
import { GroupMember } from 'consort';
import { Endpoint } from '../../dist/ts/base/endpoint.js';
import { idOf, payloadOf } from './group-payload.mjs';
import { blockEventLoop, footprint, serve, until } from './program.mjs';

/** Between two bursts of the load; one has some ten messages. */
const LOAD_MS = 3;
/** So many messages are a load; what is more comes slowly, so that the log of a test that waits for long stays small. */
const FAST_MESSAGES = 6_000;
const SLOW_MS = 30;
/** Bytes of the messages of a burst, by turns. */
const SIZES = [30, 200, 30, 64, 5_000, 30, 0, 100, 40, 30, 80_000, 30];

let member;
let file;
let traits = {};
let loading;
let serial = 0;
let loaded = 0;
let blockHeld = false;
let loopHeld = false;
const received = new Set();
let views = 0;
let exits = 0;
let blocks = 0;
let heartbeats = 0;
const errors = [];
const marks = [];

function log(entry) {
  writeSync(file, `${JSON.stringify({ ...entry, at: Math.round(performance.now() * 1000) })}\n`);
}

function nameOf({ time, coordinator }) {
  return `${time}@${coordinator.name}`;
}

function namesOf(endpoints) {
  return endpoints.map(({ name }) => name);
}

/** Casts, or sends to a rank, a message that nobody else sends. Returns its id, and what the member said. */
function post(bytes, to) {
  const { myEndpoint, members } = member.view;
  const id = bytes === 0 ? '' : `${myEndpoint.name}${to === undefined ? '#' : '>'}${serial++}`;
  const payload = payloadOf(id, bytes);
  const entry = { id, to: members[to]?.name, bytes: payload.length };
  // Before it can be under way, and again when it is known in which view it will be.
  log({ type: 'sending', ...entry });
  try {
    const sendView = to === undefined ? member.cast(payload) : member.send(to, payload);
    log({ type: 'sent', ...entry, sendView });
    return { id, sendView };
  } catch (error) {
    log({ type: 'unsent', ...entry, code: error.code });
    throw error;
  }
}

/** What happens in a callback, by the test's wish. */
function inCallback(name) {
  if (traits.chatty) marks.push({ callback: name, ...post(20) });
  if (traits.throws?.includes(name)) throw new Error(`${name} fails on purpose`);
}

class LoggingMember extends GroupMember {
  onAcceptedView(view, message) {
    if (traits.loop) return super.onAcceptedView(view, message);
    see(view, message);
    inCallback('onAcceptedView');
  }

  onReceiveCast(origin, message) {
    if (traits.loop) return super.onReceiveCast(origin, message);
    take(origin, message, true);
    inThrow('onReceiveCast');
  }

  onReceiveSend(origin, message) {
    if (traits.loop) return super.onReceiveSend(origin, message);
    take(origin, message, false);
    inThrow('onReceiveSend');
  }

  onBlock() {
    blocks++;
    log({ type: 'block' });
    inCallback('onBlock');
    return traits.asyncBlock ? becomeReady() : undefined;
  }

  onChangingView(view) {
    inCallback('onChangingView');
    return traits.talks ? `state ${view.myEndpoint.name} ${nameOf(view.viewId)}` : undefined;
  }

  onProposeView(view, stateMessages) {
    const states = [...stateMessages].map(([from, message]) => [from.name, message.text()]);
    log({ type: 'propose', members: namesOf(view.members), states });
    inThrow('onProposeView');
    return super.onProposeView(view, stateMessages);
  }

  onViewMessage(view) {
    return traits.talks ? `message ${view.myEndpoint.name} ${nameOf(view.viewId)}` : undefined;
  }

  onHeartbeat() {
    heartbeats++;
  }

  onExit() {
    if (traits.loop) return super.onExit();
    end();
    inThrow('onExit');
  }
}

function see(view, message) {
  views++;
  log({
    type: 'view',
    view: nameOf(view.viewId),
    members: namesOf(view.members),
    rank: view.myRank,
    time: view.viewId.time,
    coordinator: view.viewId.coordinator.name,
    primary: view.primaryFlag,
    protocol: view.protocol,
    message: message?.text() ?? '',
    newMembers: namesOf(view.newMembers),
    departedMembers: namesOf(view.departedMembers),
    oldRank: view.myOldRank,
    me: view.myEndpoint.name,
  });
}

function take(origin, message, cast) {
  const id = idOf(message);
  received.add(id);
  log({ type: 'received', cast, from: origin.name, id, bytes: message.length });
}

function end() {
  exits++;
  log({ type: 'exit' });
}

/** A `for await` loop that can be told to take nothing. */
async function loopOver(events) {
  for await (const event of events) {
    await until(() => !loopHeld);
    if (event.type === 'view') see(event.view);
    if (event.type === 'cast') take(event.origin, event.message, true);
    if (event.type === 'send') take(event.origin, event.message, false);
    if (event.type === 'exit') end();
  }
}

/** The view may end when the test says so. */
async function becomeReady() {
  await until(() => !blockHeld);
  if (traits.chatty) marks.push({ callback: 'onBlock, later', ...post(20) });
  log({ type: 'ready' });
  inThrow('onBlock, later');
}

function inThrow(name) {
  if (traits.throws?.includes(name)) throw new Error(`${name} fails on purpose`);
}

function load() {
  burst();
  loading = setTimeout(load, loaded < FAST_MESSAGES ? LOAD_MS : SLOW_MS);
}

function burst() {
  if (member.view === undefined) return;
  const { nmembers, myRank } = member.view;
  for (let i = 0; i < SIZES.length && !member.writableNeedDrain; i++) {
    loaded++;
    const bytes = SIZES[loaded % SIZES.length];
    const to = loaded % 5 === 0 ? loaded % nmembers : undefined;
    try {
      post(bytes, to === myRank ? undefined : to);
    } catch (error) {
      // The member is leaving, or has left.
      if (error.code !== 'ERR_NOT_JOINED' && error.code !== 'ERR_CLOSED') throw error;
      return;
    }
  }
}

function endpoints(names) {
  return names.map((name) => {
    const [, host, port, incarnation] = /^(.*):(\d+)\/(\w+)$/.exec(name);
    return new Endpoint(host, Number(port), Number.parseInt(incarnation, 36));
  });
}

function viewOf({ view }) {
  if (view === undefined) return undefined;
  const { viewId, members, myRank, protocol, params } = view;
  return {
    id: nameOf(viewId),
    members: namesOf(members),
    rank: myRank,
    me: members[myRank].name,
    protocol,
    params,
  };
}

const sorted = (names) => names.toSorted().join(' ');

serve({
  async open({ logFile, ...options }, itsTraits = {}) {
    file = openSync(logFile, 'a');
    traits = itsTraits;
    member = new LoggingMember({
      ...options,
      errorHandler: (error) => {
        errors.push({ code: error.code, message: error.message });
        log({ type: 'error', code: error.code ?? '', message: error.message });
      },
    });
    await member.open();
    if (traits.loop) void loopOver(member);
    return { address: `${member.address.host}:${member.address.port}`, mode: member.mode };
  },

  /** For options that can't be: nothing more is done with what is made. */
  make(options) {
    new GroupMember(options);
  },

  async join(options) {
    await member.join(options);
    return viewOf(member).me;
  },

  leave: () => {
    traits.chatty = false; // who leaves can't send any more, and may still be told of a view
    return member.leave();
  },
  close: () => {
    traits.chatty = false;
    return member.close();
  },

  view: () => viewOf(member),

  /** Waits until the members of the view are these. Returns the view. */
  async waitForView(names) {
    await until(() => member.view !== undefined && sorted(namesOf(member.view.members)) === sorted(names));
    return viewOf(member);
  },

  /** Waits for a view other than this. */
  async waitForOtherView(id) {
    await until(() => member.view !== undefined && viewOf(member).id !== id);
    return viewOf(member);
  },

  /** A cast; or a send, to a member by its name. */
  post(bytes, to) {
    const rank = to === undefined || to === null ? undefined : namesOf(member.view.members).indexOf(to);
    return post(bytes ?? 30, rank);
  },

  /** Casts one after the other, whatever flow control says. */
  flood: (count, bytes) => Array.from({ length: count }, () => post(bytes)),

  /** Casts, and asks for a new view in the same breath. */
  postAndChange(bytes) {
    const posted = post(bytes);
    member.requestNewView();
    return posted;
  },

  holdBlock(held) {
    blockHeld = held;
  },

  holdLoop(held) {
    loopHeld = held;
  },

  async waitFor(ids) {
    await until(() => ids.every((id) => received.has(id)));
  },

  async waitForCounts({ atLeast }) {
    await until(() => received.size >= atLeast);
  },

  async waitForError(code) {
    await until(() => errors.some((error) => error.code === code));
    return errors.find((error) => error.code === code);
  },

  async waitForBlock(count) {
    await until(() => blocks >= count);
  },

  load(on) {
    clearTimeout(loading);
    if (on) load();
  },

  look: () => ({ views, exits, blocks, heartbeats, errors, marks, received: received.size, stats: member.stats() }),

  footprint,

  async waitForArrayBuffers(most) {
    await until(() => footprint().arrayBuffers <= most);
  },

  suspect: (names) => member.suspect(endpoints(names)),
  requestNewView: () => member.requestNewView(),
  changeProtocol: (stack, params) => member.changeProtocol(stack, params),

  /** The code of the error that a call throws or rejects with. */
  async mistake(name) {
    try {
      await MISTAKES[name]();
    } catch (error) {
      return { code: error.code, message: error.message };
    }
    return undefined;
  },

  sleepOnTheEventLoop: (ms) => blockEventLoop(ms),
});

const MISTAKES = {
  'a cast': () => member.cast('x'),
  'a send': () => member.send(0, 'x'),
  'a second join': () => member.join(),
  'a send to a stranger': () => member.send(new Endpoint('127.0.0.1', 9, 5), 'x'),
  'a send to an earlier incarnation': () => {
    const { host, port } = member.view.members.find((_, rank) => rank !== member.view.myRank);
    return member.send(new Endpoint(host, port, 1), 'x');
  },
  'a send to a rank beyond the view': () => member.send(member.view.nmembers, 'x'),
  'a send to itself': () => member.send(member.view.myRank, 'x'),
  'a suspicion of itself': () => member.suspect([member.view.myEndpoint]),
  'a suspicion of no endpoint': () => member.suspect(['127.0.0.1:9']),
  'a stack without views': () => member.changeProtocol('Frag:Flow'),
  'a stack of unknown layers': () => member.changeProtocol('Gmp:Sink'),
  'unknown parameters': () => member.changeProtocol('Gmp:Sync', 'suspekt_sweep=1'),
  'a new view': () => member.requestNewView(),
  'a suspicion': () => member.suspect([]),
  'a change of protocol': () => member.changeProtocol('Gmp:Sync'),
};
