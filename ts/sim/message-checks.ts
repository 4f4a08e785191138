/** Invariants 3 to 6: which messages are delivered, in which view, in which order. */
import type { Epoch, Got, History, MemberHistory, SentMessage, Stream, Violation } from './history.js';
import { promisesOf } from './promises.js';

type Fail = (violation: Violation) => void;

/** What was delivered was sent, as it was sent, to whom it was sent, by a member of the view: and its place in its stream is found. */
export function checkCreation(history: History, fail: Fail): void {
  for (const member of history.members.values()) {
    for (const epoch of member.epochs) {
      for (const got of epoch.got.values()) {
        // What came to one who is no server is not all of a stream: see transfer-checks.ts.
        const problem = got.call === 'listed' ? undefined : align(history, epoch, got);
        if (problem !== undefined) fail({ ...problem, members: [epoch.member, got.from] });
      }
    }
  }
}

function align(history: History, epoch: Epoch, got: Got): Omit<Violation, 'members'> | undefined {
  const { member, view } = epoch;
  const stream = history.streams.get(got.stream);
  const what = got.call;
  const [first] = got.entries;
  const creation = (text: string) => ({
    invariant: 'no creation' as const,
    text: `${member} in ${view.view}: ${text}`,
  });
  if (stream === undefined) return creation(`a ${what} ${first?.id} of ${got.from}, which never sent any`);
  if (got.from === member && !((got.cast || what === 'scast') && promisesOf(view.protocol).local))
    return creation(`a ${what} ${first?.id} of itself`);
  if (!view.members.includes(got.from))
    return creation(`a ${what} ${first?.id} of ${got.from}, which is not in the view`);
  const places: (number | undefined)[] = [];
  for (const { id, bytes } of got.entries) {
    const place = id === '' ? undefined : stream.byId.get(id);
    if (id !== '' && place === undefined) return creation(`a ${what} ${id} that ${got.from} did not send`);
    if (place !== undefined && stream.messages[place]?.bytes !== bytes)
      return creation(`${what} ${id} has ${bytes} bytes, sent were ${stream.messages[place]?.bytes}`);
    places.push(place);
  }
  const known = places.findIndex((place) => place !== undefined);
  if (known < 0) return undefined;
  got.start = (places[known] as number) - known;
  return checkOrder(epoch, got, stream, places, got.start);
}

/** FIFO without gaps inside one view, nothing twice. Messages of 0 bytes have no id: they have to be where they were sent. */
function checkOrder(
  { member, view }: Epoch,
  got: Got,
  stream: Stream,
  places: readonly (number | undefined)[],
  start: number,
): Omit<Violation, 'members'> | undefined {
  for (const [i, place] of places.entries()) {
    const want = stream.messages[start + i];
    const ok = place === undefined ? want?.bytes === 0 : place === start + i;
    if (ok) continue;
    const id = (got.entries[i]?.id as string) || 'a message of 0 bytes';
    const again = place !== undefined && places.indexOf(place) < i;
    const expected = want === undefined ? 'nothing more' : nameOf(want, start + i);
    return {
      invariant: again ? 'no duplication' : 'FIFO',
      text: `${member} in ${view.view}: ${id} of ${got.from}${again ? ' again' : ''}, where ${expected} was next`,
    };
  }
  return undefined;
}

export function nameOf({ id }: SentMessage, place: number): string {
  return id === '' ? `a message of 0 bytes (number ${place})` : id;
}

/** Invariants 4 and 5: each message is delivered in one view, to each member once, and in the view that its send result said. */
export function checkSendingViews(history: History, fail: Fail): void {
  const deliveredIn = new Map<string, string>();
  for (const member of history.members.values()) {
    const seen = new Set<string>();
    for (const epoch of member.epochs) {
      for (const got of epoch.got.values()) {
        const stream = history.streams.get(got.stream);
        if (stream === undefined || got.start === undefined) continue;
        for (let i = 0; i < got.entries.length; i++) {
          const place = got.start + i;
          const message = stream.messages[place];
          if (message === undefined) break;
          const key = `${got.stream} ${place}`;
          const name = nameOf(message, place);
          const members = [member.name, got.from];
          if (seen.has(key))
            fail({
              invariant: 'no duplication',
              text: `${member.name} got ${name} in ${epoch.view.view} a second time`,
              members,
            });
          seen.add(key);
          const before = deliveredIn.get(key);
          deliveredIn.set(key, epoch.view.view);
          if (before !== undefined && before !== epoch.view.view)
            fail({
              invariant: 'sending view',
              text: `${name} was delivered in ${before}, and by ${member.name} in ${epoch.view.view}`,
              members,
            });
          const problem = wrongView(history, got.from, message, epoch);
          if (problem !== undefined)
            fail({
              invariant: 'sending view',
              text: `${member.name} got ${name} in ${epoch.view.view}, ${problem}`,
              members,
            });
        }
      }
    }
  }
}

function wrongView(history: History, sender: string, message: SentMessage, { view }: Epoch): string | undefined {
  const epochs = history.members.get(sender)?.epochs ?? [];
  const delivered = epochs.findIndex((epoch) => epoch.view.view === view.view);
  const sentIn = epochs[message.epoch]?.view.view;
  if (delivered < 0) return `where ${sender} never was`;
  if (message.sendView === 'current' && delivered !== message.epoch) return `sent in ${sentIn} for that view`;
  if (message.sendView === 'next' && delivered <= message.epoch) return `sent in ${sentIn} for the next view`;
  if (delivered < message.epoch) return `sent in ${sentIn}, which is later`;
  return undefined;
}

/** Invariant 6 across views: between two that go together nothing is missing at the seam. */
export function checkSeams(history: History, fail: Fail): void {
  for (const member of history.members.values()) {
    for (const stream of history.streams.values()) {
      if (stream.to !== undefined && stream.to !== member.name) continue;
      checkSeamsOf(history, member, stream, fail);
    }
  }
}

function checkSeamsOf(history: History, member: MemberHistory, stream: Stream, fail: Fail): void {
  const { key } = stream;
  const sender = history.members.get(stream.sender);
  /** What comes next of the stream; undefined: that can't be told. */
  let next: number | undefined;
  for (const epoch of member.epochs) {
    const got = epoch.got.get(key);
    const { start } = got ?? {};
    if (got !== undefined && next !== undefined) {
      if (start !== undefined && start !== next) {
        const missing = stream.messages[next];
        fail({
          invariant: 'FIFO',
          text:
            `${member.name} and ${stream.sender} went to ${epoch.view.view} together, and there its first of ${stream.sender} is ` +
            `${got.entries[0]?.id || 'one of 0 bytes'}, where ${missing === undefined ? 'nothing' : nameOf(missing, next)} was next`,
          members: [member.name, stream.sender],
        });
      }
      got.start ??= next;
    }
    if (got?.start !== undefined) next = got.start + got.entries.length;
    const unheard = !hears(epoch, stream);
    if (unheard || !wentTogether(epoch, sender)) next = undefined;
  }
}

/** Whether another member was in this view, and went to the same next one. */
function wentTogether(epoch: Epoch, other: MemberHistory | undefined): boolean {
  if (epoch.next === undefined || other === undefined) return false;
  const theirs = other.epochs.find(({ view }) => view.view === epoch.view.view);
  return theirs?.next !== undefined && theirs.next.view.view === epoch.next.view.view;
}

/** Invariant 3: those who go together from one view to the next delivered the same casts in it, and have what they sent each other. */
export function checkVirtualSynchrony(history: History, fail: Fail): void {
  for (const [transition, group] of transitionsOf(history)) {
    for (const sender of group[0]?.view.members ?? []) {
      for (const stream of history.streamsOf.get(sender) ?? [])
        if (stream.to === undefined) compareCasts(history, transition, group, stream, fail);
    }
    for (const epoch of group) checkSent(history, transition, epoch, group, fail);
  }
}

/** Those who went together from one view to the next, by what these are called. */
export function transitionsOf(history: History): Map<string, Epoch[]> {
  const groups = new Map<string, Epoch[]>();
  for (const { epochs } of history.members.values()) {
    for (const epoch of epochs) {
      if (epoch.next === undefined) continue;
      const key = `${epoch.view.view} -> ${epoch.next.view.view}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [epoch]);
      else group.push(epoch);
    }
  }
  return groups;
}

/** Whether casts of a stream come to a member in a view of both. */
export function hears({ member, view, serves }: Epoch, { sender, call }: Stream): boolean {
  return (member !== sender || promisesOf(view.protocol).local) && (call !== 'scast' || serves);
}

function compareCasts(history: History, transition: string, group: readonly Epoch[], stream: Stream, fail: Fail): void {
  const [first, ...others] = group.filter((epoch) => hears(epoch, stream));
  const { key, sender } = stream;
  if (first === undefined) return;
  const want = first.got.get(key);
  for (const other of others) {
    const got = other.got.get(key);
    if (sameRun(want, got)) continue;
    fail({
      invariant: 'virtual synchrony',
      text:
        `${first.member} and ${other.member} went ${transition}, and of ${sender}'s casts the one delivered ` +
        `${runName(history, want)}, the other ${runName(history, got)}`,
      members: [first.member, other.member, sender],
    });
  }
}

function sameRun(a: Got | undefined, b: Got | undefined): boolean {
  if ((a?.entries.length ?? 0) !== (b?.entries.length ?? 0)) return false;
  return a?.entries.every(({ id }, i) => id === b?.entries[i]?.id) ?? true;
}

function runName(history: History, got: Got | undefined): string {
  if (got === undefined) return 'nothing';
  const stream = history.streams.get(got.stream);
  const { entries, start } = got;
  const name = (i: number) =>
    entries[i]?.id ||
    (start === undefined ? '(0 bytes)' : nameOf(stream?.messages[start + i] as SentMessage, start + i));
  return entries.length === 1 ? name(0) : `${name(0)} to ${name(entries.length - 1)} (${entries.length})`;
}

/** All that a survivor sent in the view for the view has come to each survivor in it. */
function checkSent(history: History, transition: string, from: Epoch, group: readonly Epoch[], fail: Fail): void {
  for (const to of group) {
    if (to.member === from.member) continue;
    for (const stream of history.streamsOf.get(from.member) ?? []) {
      if ((stream.to !== undefined && stream.to !== to.member) || !hears(to, stream)) continue;
      const missing = firstMissing(stream, from, to.got.get(stream.key));
      if (missing === undefined) continue;
      fail({
        invariant: 'virtual synchrony',
        text:
          `${from.member} and ${to.member} went ${transition}, and ${to.member} did not get ` +
          `${missing}, which ${from.member} sent in that view`,
        members: [from.member, to.member],
      });
    }
  }
}

/** What the sender sent in a view for that view, and is not among what somebody got of it there; undefined: all is. */
export function firstMissing(stream: Stream | undefined, sender: Epoch, got: Got | undefined): string | undefined {
  const start = got?.start ?? 0;
  const end = start + (got?.entries.length ?? 0);
  for (const [place, message] of (stream?.messages ?? []).entries()) {
    if (message.epoch !== sender.index || message.sendView !== 'current') continue;
    if (place >= start && place < end) continue;
    // Of 0 bytes, and nothing beside it that would tell its place.
    if (message.id === '' && got?.start === undefined && got !== undefined) continue;
    return nameOf(message, place);
  }
  return undefined;
}
