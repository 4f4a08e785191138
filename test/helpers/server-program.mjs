// A client or server of a group in a process of its own, told by its test what to do (server-crew.ts). Its state is the set of all casts that the group
// has made, with filling to make it as large as the test likes. Messages of the load are logged as group-program.mjs logs them; what is told of roles
// and transfers goes into the same file, as notes.
import { openSync, writeSync } from 'node:fs';
import { StateTransferServer, TransferTerminated } from 'consort';
import { idOf, payloadOf } from './group-payload.mjs';
import { footprint, serve, until } from './program.mjs';
import { CastSet } from './server-state.mjs';

const LOAD_MS = 5;
/** Between two looks at the memory. */
const RSS_MS = 5;
/** So many messages are a load; what is more comes slowly, so that the log of a test that waits for long stays small. */
const FAST_MESSAGES = 3_000;
const SLOW_MS = 100;
/** Bytes of the messages of a burst, by turns. */
const SIZES = [30, 200, 30, 5_000, 40, 30];
/** What tests say themselves, and look at themselves. */
const SAID = 'say ';

let member;
let file;
let traits = {};
let serial = 0;
let loading;
let loaded = 0;
/** Whether the state is held back after its first part. */
let stateHeld = false;
const received = new Set();
const heard = [];
const errors = [];
const asked = [];
/** What has become of the transfers to this member. */
const transfers = [];
const most = { rss: 0, progress: 0 };

/** The casts that make up the state. */
const state = new CastSet();

function log(entry) {
  writeSync(file, `${JSON.stringify({ ...entry, at: Math.round(performance.now() * 1000) })}\n`);
}

const nameOf = ({ time, coordinator }) => `${time}@${coordinator.name}`;
const namesOf = (endpoints) => endpoints.map(({ name }) => name);
const sorted = (names) => names.toSorted().join(' ');

class LoggingServer extends StateTransferServer {
  onAcceptedView(view) {
    see(view);
    // What comes in a free transfer from here on is not in the state that the others give, perhaps.
    if (view.startTransfer) state.reset();
  }

  async onStateTransfer(xferId) {
    const transfer = { xferId, outcome: 'begun' };
    transfers.push(transfer);
    try {
      const parts = traits.stream ? this.streamState(xferId) : [(await stateOf(this, xferId)).bytes()];
      await state.take(parts, traits.stateBytes ?? 0);
      transfer.outcome = 'done';
      this.transferDone(xferId);
    } catch (error) {
      transfer.outcome = error instanceof TransferTerminated ? 'terminated' : error.code;
      throw error;
    }
  }

  onAskState(origin) {
    asked.push(origin.name);
    if (traits.throws) throw new Error('onAskState fails on purpose');
    if (traits.silent) return undefined;
    return state.parts(traits.stateBytes ?? 0, () => until(() => !stateHeld));
  }

  onTransferProgress({ bytes }) {
    most.progress = Math.max(most.progress, bytes);
  }

  onReceiveCast(origin, message) {
    take('cast', origin, message);
  }

  onReceiveSend(origin, message) {
    take('send', origin, message);
  }

  onReceiveScast(origin, message) {
    take('scast', origin, message);
  }

  onReceiveLsend(origin, message) {
    take('lsend', origin, message);
  }

  onBlock() {
    log({ type: 'block' });
  }

  onExit() {
    log({ type: 'exit' });
  }
}

async function stateOf(server, xferId) {
  for (;;) {
    try {
      return await server.getState(xferId);
    } catch (error) {
      if (!traits.retries || error.code !== 'ERR_STATE_UNAVAILABLE') throw error;
    }
  }
}

function see(view) {
  log({
    type: 'view',
    view: nameOf(view.viewId),
    members: namesOf(view.members),
    rank: view.myRank,
    time: view.viewId.time,
    coordinator: view.viewId.coordinator.name,
    primary: view.primaryFlag,
    protocol: view.protocol,
    message: '',
    newMembers: namesOf(view.newMembers),
    departedMembers: namesOf(view.departedMembers),
    oldRank: view.myOldRank,
    me: view.myEndpoint.name,
  });
  log({
    type: 'note',
    view: nameOf(view.viewId),
    state: view.state,
    viewType: view.viewType,
    servers: namesOf(view.servers),
    xferServers: namesOf(view.xferServers),
    size: state.size,
    digest: state.digest,
  });
}

function take(call, origin, message) {
  const text = message.length < 200 ? message.text() : '';
  if (text.startsWith(SAID)) {
    heard.push({ call, text: text.slice(SAID.length), during: member.view.viewType });
    return;
  }
  const id = idOf(message);
  received.add(id);
  if (call === 'cast') state.add(id);
  log({ type: 'received', cast: call === 'cast', from: origin.name, id, bytes: message.length });
}

/** Casts, or sends to a rank, a message that nobody else sends. */
function post(bytes, to) {
  const { myEndpoint, members, viewType } = member.view;
  const id = `${myEndpoint.name}${to === undefined ? '#' : '>'}${serial++}`;
  const payload = payloadOf(id, bytes);
  const entry = { id, to: members[to]?.name, bytes: payload.length };
  log({ type: 'sending', ...entry });
  try {
    const where = to === undefined ? member.cast(payload) : member.send(to, payload);
    // What a transfer holds back may wait for more views than one.
    const sendView = viewType === 'none' ? where : 'unspecified';
    log({ type: 'sent', ...entry, sendView });
    return { id, sendView };
  } catch (error) {
    log({ type: 'unsent', ...entry, code: error.code });
    throw error;
  }
}

function load() {
  if (member.view !== undefined) {
    const { nmembers, myRank } = member.view;
    for (const bytes of SIZES) {
      if (member.writableNeedDrain) break;
      const to = ++loaded % 5 === 0 ? loaded % nmembers : undefined;
      post(bytes, to === myRank ? undefined : to);
    }
  }
  loading = setTimeout(load, loaded < FAST_MESSAGES ? LOAD_MS : SLOW_MS);
}

const endpointOf = (name) => member.view.members.find((each) => each.name === name);

function viewOf({ view }) {
  const { viewId, members, myRank, protocol, params } = view;
  return { id: nameOf(viewId), members: namesOf(members), rank: myRank, me: members[myRank].name, protocol, params };
}

function look() {
  const { view, serverState } = member;
  return {
    received: received.size,
    errors,
    heard,
    asked,
    transfers,
    progress: most.progress,
    serverState,
    viewType: view?.viewType,
    servers: namesOf(view?.servers ?? []),
  };
}

serve({
  async open({ logFile, ...options }, itsTraits = {}) {
    file = openSync(logFile, 'a');
    traits = itsTraits;
    member = new LoggingServer({
      ...options,
      errorHandler: (error) => {
        errors.push({ code: error.code, message: error.message });
        log({ type: 'error', code: error.code ?? '', message: error.message });
      },
    });
    await member.open();
    setInterval(() => {
      most.rss = Math.max(most.rss, process.memoryUsage.rss());
    }, RSS_MS).unref();
    return { address: `${member.address.host}:${member.address.port}`, mode: member.mode };
  },

  async join() {
    await member.join();
    return viewOf(member).me;
  },

  close: () => member.close(),
  view: () => viewOf(member),
  look,

  async waitForView(names) {
    await until(() => member.view !== undefined && sorted(namesOf(member.view.members)) === sorted(names));
    return viewOf(member);
  },

  /** Waits until these, and nobody else, are servers, and no state is transferred. */
  async waitForServers(names) {
    await until(() => {
      const { view } = member;
      return view?.xferServers.length === 0 && sorted(namesOf(view.servers)) === sorted(names);
    });
  },

  /** Waits until the look at this member has these values. */
  async waitForLook(values) {
    await until(() => Object.entries(values).every(([name, value]) => look()[name] === value));
  },

  async waitForOutcome(outcome) {
    await until(() => transfers.some((transfer) => transfer.outcome === outcome));
  },

  async waitForAsked() {
    await until(() => asked.length > 0);
  },

  /** Some of the state is here. */
  async waitForProgress() {
    await until(() => most.progress > 0);
  },

  async waitForHeard(count) {
    await until(() => heard.length >= count);
    return heard;
  },

  async waitForError(code) {
    await until(() => errors.some((error) => error.code === code));
    return errors.find((error) => error.code === code);
  },

  post: (bytes, to) =>
    post(bytes ?? 30, to === undefined || to === null ? undefined : namesOf(member.view.members).indexOf(to)),

  /** What a test says itself; `to` are names of members. */
  say(call, text, { safety, to } = {}) {
    const destinations = to?.map(endpointOf);
    switch (call) {
      case 'cast':
        return member.cast(`${SAID}${text}`, { safety });
      case 'send':
        return member.send(destinations, `${SAID}${text}`, { safety });
      case 'scast':
        return member.scast(`${SAID}${text}`, { safety, destinations });
      default:
        return member.lsend(`${SAID}${text}`, { safety, destinations });
    }
  },

  holdState(held) {
    stateHeld = held;
  },

  load(on) {
    clearTimeout(loading);
    if (on) load();
  },

  async waitFor(ids) {
    await until(() => ids.every((id) => received.has(id)));
  },

  async waitForCounts({ atLeast }) {
    await until(() => received.size >= atLeast);
  },

  /** Of an earlier transfer, and one that never was. */
  oldCalls() {
    const old = transfers.map(({ xferId }) => xferId);
    for (const xferId of [...old, 99]) {
      member.transferDone(xferId);
      for (const each of member.view.members) member.sendState(each, xferId, 'too late');
    }
    return Promise.all([...old, 99].map((xferId) => member.getState(xferId).catch(({ code }) => code)));
  },

  becomeServer(retries = false) {
    traits.retries ||= retries;
    member.becomeServer();
  },
  memory: () => ({ ...footprint(), most: most.rss }),
});
