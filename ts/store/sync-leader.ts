/**
 * The leader of full synchronizations: grants them, names who provides the store, and does not trim the log while there are any, for a requester goes on
 * from the log once it has its copy. A requester that is not heard of for TRIM_TIMEOUT_MS does not count any more.
 *
 *   trimming on --start--> off --the last one has finished, or was given up--> off for TRIM_ENABLE_DELAY_MS --C_TrimEnable--> on
 *
 * What it costs: the log grows meanwhile. Past a threshold new requesters are denied until it was trimmed, and far past it those under way are aborted.
 */
import type { Timer } from '../stack/environment.js';
import { DENIED_RETRY_MS, TRIM_ENABLE_DELAY_MS, TRIM_TIMEOUT_MS } from './sync-limits.js';
import { type SyncStatement, writeSync } from './sync-messages.js';
import type { SyncLeaderPort } from './sync-port.js';

/** A synchronization that was granted. */
interface Granted {
  /** The requester's number of it. */
  readonly sync: number;
  readonly provider: string;
  /** C_TrimTimeout: the requester was not heard of. */
  trimTimeout: Timer;
}

type Choice =
  | { readonly provider: string }
  /** Why it is denied. */
  | { readonly provider: undefined; readonly reason: string };

export class SyncLeader {
  /** By the requester's name. */
  private readonly granted = new Map<string, Granted>();
  /** C_TrimEnable: runs from when the last synchronization ended until trimming is on again. */
  private trimEnableTimer: Timer | undefined;
  /** The log has passed the threshold, and was not trimmed since. */
  private mustTrim = false;

  constructor(private readonly port: SyncLeaderPort) {}

  get isTrimDisabled(): boolean {
    return this.granted.size > 0 || this.trimEnableTimer !== undefined;
  }

  /** Names of those who synchronize. */
  get requesters(): readonly string[] {
    return [...this.granted.keys()];
  }

  /**
   * This replica begins to lead. Whoever synchronized under another leader, or in another view, is to ask again, and can go on only if the log is still
   * there: so it is not trimmed at once.
   */
  syncBegin(): void {
    this.enableTrimLater();
  }

  handleSyncStart(from: string, sync: number, avoid: readonly string[]): void {
    this.lookAtLog();
    const choice = this.decide(from, avoid);
    if (choice.provider === undefined) {
      const { reason } = choice;
      return this.send(from, { type: 'start-reply', sync, granted: false, retryMs: DENIED_RETRY_MS, reason });
    }
    const { provider } = choice;
    this.granted.get(from)?.trimTimeout.cancel();
    this.stopEnabling();
    this.granted.set(from, { sync, provider, trimTimeout: this.setTrimTimeout(from) });
    this.send(from, { type: 'start-reply', sync, granted: true, provider, base: this.port.log().base });
  }

  handleSyncHeartbeat(from: string, sync: number): void {
    const granted = this.granted.get(from);
    // It was given up here, and the log may be trimmed by now: the requester has to ask again, whether it noticed a pause or not.
    if (granted?.sync !== sync) return this.sendAbort(from, sync, 'it is not granted, or not any more');
    granted.trimTimeout.cancel();
    granted.trimTimeout = this.setTrimTimeout(from);
    this.syncSendHeartbeat(from, sync);
    this.lookAtLog();
  }

  /** Answered in any case: whoever asks twice did not get the first answer. */
  handleSyncFinish(from: string, sync: number): void {
    if (this.granted.get(from)?.sync === sync) this.syncFinish(from);
    this.send(from, { type: 'finish-reply', sync });
  }

  /** The requester gives it up. */
  handleSyncAbort(from: string, sync: number): void {
    if (this.granted.get(from)?.sync === sync) this.syncFinish(from);
  }

  /** The view is over, or the leadership. Nobody is told: all of the view know. */
  resetSync(): void {
    for (const { trimTimeout } of this.granted.values()) trimTimeout.cancel();
    this.granted.clear();
    this.stopEnabling();
    this.mustTrim = false;
  }

  private decide(from: string, avoid: readonly string[]): Choice {
    if (!this.port.isLeader) return denied('it does not lead');
    // Whoever goes on with what it was granted costs nothing more; the others wait for the log to be trimmed.
    const isNew = !this.granted.has(from);
    if (isNew && this.mustTrim) return denied('the log has grown over its threshold, and is trimmed first');
    if (isNew && this.granted.size >= this.port.limits.mostSyncs)
      return denied(`${this.granted.size} others synchronize`);
    const provider = this.chooseProvider(from, avoid);
    return provider === undefined ? denied('nobody is left who could provide the store') : { provider };
  }

  /** The one with the fewest requesters, rather than this replica, which has more to do than others. */
  private chooseProvider(from: string, avoid: readonly string[]): string | undefined {
    const { name } = this.port;
    const loads = new Map<string, number>();
    for (const { provider } of this.granted.values()) loads.set(provider, (loads.get(provider) ?? 0) + 1);
    const load = (each: string) => loads.get(each) ?? 0;
    const followers = this.port.providers().filter((each) => each !== name && each !== from && !avoid.includes(each));
    const [best] = followers.sort((a, b) => load(a) - load(b));
    return best ?? (avoid.includes(name) ? undefined : name);
  }

  /** When anyone asks or is heard of, and when there is something to trim and it is off: a log that has grown too much is not kept for who might come. */
  lookAtLog(): void {
    const { thresholdFactor, trimmedFactor, limitFactor } = this.port.limits;
    const wasKnown = this.mustTrim;
    if (this.timesBounds > thresholdFactor) this.mustTrim = true;
    // Where nothing is written nothing else would trim it.
    if (this.mustTrim && !this.isTrimDisabled) this.port.trimEnabled();
    const times = this.timesBounds;
    if (times <= trimmedFactor) this.mustTrim = false;
    if (times <= thresholdFactor) return;
    // Once: it is looked at with each commit, and would be put off each time.
    if (!wasKnown && this.trimEnableTimer !== undefined) this.enableTrimLater();
    if (times <= limitFactor) return;
    for (const requester of this.requesters) this.syncFinishAbort(requester, 'the log has grown over its limit');
  }

  /** How many times its bounds the log is. */
  private get timesBounds(): number {
    const { versions, bytes } = this.port.log();
    return Math.max(versions / this.port.logEntries, bytes / this.port.logBytes);
  }

  private setTrimTimeout(requester: string): Timer {
    return this.port.environment.setTimer(TRIM_TIMEOUT_MS, () =>
      this.syncFinishAbort(requester, `nothing was heard of it for ${TRIM_TIMEOUT_MS} ms`),
    );
  }

  private syncFinish(requester: string): void {
    this.granted.get(requester)?.trimTimeout.cancel();
    this.granted.delete(requester);
    if (this.granted.size === 0) this.enableTrimLater();
  }

  private syncFinishAbort(requester: string, reason: string): void {
    const granted = this.granted.get(requester);
    if (granted === undefined) return;
    this.syncFinish(requester);
    this.sendAbort(requester, granted.sync, reason);
  }

  /** Whoever comes next soon finds the log as it is. But a log that has to be trimmed is not kept for that. */
  private enableTrimLater(): void {
    this.stopEnabling();
    const delayMs = this.mustTrim ? 0 : TRIM_ENABLE_DELAY_MS;
    this.trimEnableTimer = this.port.environment.setTimer(delayMs, () => {
      this.trimEnableTimer = undefined;
      this.port.trimEnabled();
    });
  }

  private stopEnabling(): void {
    this.trimEnableTimer?.cancel();
    this.trimEnableTimer = undefined;
  }

  private syncSendHeartbeat(to: string, sync: number): void {
    this.send(to, { type: 'heartbeat-reply', sync, role: 'leader' });
  }

  private sendAbort(to: string, sync: number, reason: string): void {
    this.send(to, { type: 'abort', sync, role: 'leader', reason });
  }

  private send(to: string, message: SyncStatement): void {
    this.port.send(to, writeSync(message));
  }
}

function denied(reason: string): Choice {
  return { provider: undefined, reason };
}
