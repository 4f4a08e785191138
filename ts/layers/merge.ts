/**
 * Makes what coordinators of two views say to each other reliable: a request is repeated until it is answered, a grant until it is taken,
 * and both are given up after `merge_timeout`. What comes twice is told twice; Inter does not mind.
 *
 * Source: Ensemble's Merge (of 0.70: its successor repeated nothing before the time-out).
 */

import type { Endpoint } from '../base/endpoint.js';
import { type ByteReader, ByteWriter, MalformedError } from '../stack/codec.js';
import type { Timer } from '../stack/environment.js';
import type { Denial, MergeMessage, StackEvent } from '../stack/event.js';
import { Layer } from '../stack/layer.js';
import { readViewId, readViewState, sameViewId, viewName, writeViewId, writeViewState } from '../stack/view-state.js';

const KINDS = ['request', 'granted', 'denied', 'taken'] as const;
const DENIALS = ['busy', 'incompatible', 'application'] as const;

/**
 * The first repeat comes after this part of `merge_sweep`, then each after twice the time, up to all of it: where a group forms, a request often
 * meets a view that is just ending, and is answered by the next one some milliseconds later.
 */
const FIRST_WAIT = 8;

interface Pending {
  readonly peer: Endpoint;
  readonly message: MergeMessage;
  readonly deadline: number;
  /** Until it is told again. */
  waitMs: number;
  timer: Timer | undefined;
}

export class Merge extends Layer {
  /** What waits for an answer, by kind and view. */
  private readonly pending = new Map<string, Pending>();
  private readonly sweepMs = this.context.params.milliseconds('merge_sweep');
  private readonly timeoutMs = this.context.params.milliseconds('merge_timeout');

  override down(event: StackEvent): void {
    if (event.type !== 'mergeMessage') return this.context.down(event);
    const { peer, message } = event;
    if (message.kind === 'request') this.keep(`request`, peer, message);
    else if (message.kind === 'granted') this.keep(`granted ${viewName(message.to)}`, peer, message);
    else this.transmit(peer, message);
  }

  override receiveOutside(from: Endpoint, record: ByteReader): void {
    const message = readMergeMessage(record);
    const { view } = this.context;
    switch (message.kind) {
      case 'granted':
      case 'denied':
        if (!sameViewId(message.to, view.id)) return;
        this.answered('request');
        // Again for each repeat: the answer may have been lost.
        if (message.kind === 'granted') this.transmit(from, { kind: 'taken', to: message.to });
        break;
      case 'taken':
        return this.answered(`granted ${viewName(message.to)}`);
    }
    this.context.up({ type: 'mergeMessage', peer: from, message });
  }

  /** A view that has ended repeats its grants: a member whose grant is lost would stay outside of a view that counts it in. */
  override get isSettled(): boolean {
    return [...this.pending.values()].every(({ message }) => message.kind !== 'granted');
  }

  private keep(key: string, peer: Endpoint, message: MergeMessage): void {
    this.answered(key);
    const deadline = this.context.environment.now() + this.timeoutMs;
    const pending: Pending = { peer, message, deadline, waitMs: this.sweepMs / FIRST_WAIT, timer: undefined };
    this.pending.set(key, pending);
    this.repeat(key, pending);
  }

  private repeat(key: string, pending: Pending): void {
    const { environment } = this.context;
    if (environment.now() >= pending.deadline) {
      this.pending.delete(key);
      if (key === 'request') this.context.up({ type: 'mergeFailed', reason: `no answer from ${pending.peer}` });
      return;
    }
    this.transmit(pending.peer, pending.message);
    pending.timer = environment.setTimer(pending.waitMs, () => this.repeat(key, pending));
    pending.waitMs = Math.min(2 * pending.waitMs, this.sweepMs);
  }

  private answered(key: string): void {
    this.pending.get(key)?.timer?.cancel();
    this.pending.delete(key);
  }

  private transmit(peer: Endpoint, message: MergeMessage): void {
    this.context.outside.sendTo(peer, writeMergeMessage(message));
  }
}

export function writeMergeMessage(message: MergeMessage): ByteWriter {
  const record = new ByteWriter().u8(KINDS.indexOf(message.kind));
  switch (message.kind) {
    case 'request': {
      writeViewId(record, message.into);
      writeViewId(record, message.from);
      writeViewState(record, message.merger.state);
      record.list(message.merger.stateMessages, (bytes) => record.block(bytes));
      return record.text(message.compatibility).block(message.joinMessage);
    }
    case 'granted':
      writeViewId(record, message.to);
      writeViewState(record, message.state);
      return record;
    case 'denied':
      writeViewId(record, message.to);
      return record.text(message.reason).u8(DENIALS.indexOf(message.by));
    case 'taken':
      writeViewId(record, message.to);
      return record;
  }
}

/** @throws MalformedError */
export function readMergeMessage(record: ByteReader): MergeMessage {
  const kind = KINDS[record.u8()];
  switch (kind) {
    case 'request': {
      const into = readViewId(record);
      const from = readViewId(record);
      const state = readViewState(record);
      const stateMessages = record.list(() => record.block());
      if (stateMessages.length !== state.members.length) throw new MalformedError('state messages of another view');
      const merger = { state, stateMessages };
      return { kind, into, from, merger, compatibility: record.text(), joinMessage: record.block() };
    }
    case 'granted':
      return { kind, to: readViewId(record), state: readViewState(record) };
    case 'denied':
      return { kind, to: readViewId(record), reason: record.text(), by: readDenial(record) };
    case 'taken':
      return { kind, to: readViewId(record) };
    default:
      throw new MalformedError('no message of Merge');
  }
}

function readDenial(record: ByteReader): Denial {
  const denial = DENIALS[record.u8()];
  if (denial === undefined) throw new MalformedError('no reason to deny');
  return denial;
}
