/**
 * A server that gives a state of any size to whoever asks for one, and a member that becomes a server, again and again, to get it. Like MeasuringMember it
 * tallies the casts that come meanwhile.
 */
import {
  type Endpoint,
  type Message,
  type SizedState,
  type StateTransferOptions,
  StateTransferServer,
  type ViewData,
} from '../../ts/index.js';
import { StatePattern } from '../verify/state-pattern.js';
import { CastTallies } from './cast-tallies.js';
import { ChangeLog } from './change-log.js';
import type { Measured } from './measuring-member.js';

/** What this member does with a transfer; resolves when it has what it wanted. */
export type TransferJob = (xferId: number) => Promise<void>;

export class TransferringMember extends StateTransferServer implements Measured {
  whenRoom: () => void = () => {};
  readonly log = new ChangeLog();
  readonly tallies: CastTallies;
  readonly pattern: StatePattern;
  /** Undefined: it needs no state to be a server. */
  job: TransferJob | undefined;

  /** @param stateSeed that of the state's content, the same at all members */
  constructor(options: StateTransferOptions, stateSeed: number) {
    const tallies = new CastTallies();
    super({ ...options, errorHandler: (error) => tallies.fail(`${error.name}: ${error.message}`) });
    this.tallies = tallies;
    this.pattern = new StatePattern(stateSeed);
  }

  override onReceiveCast(origin: Endpoint, message: Message): void {
    this.tallies.take(origin, message);
  }

  override onDrain(): void {
    this.whenRoom();
  }

  override onBlock(): void {
    this.log.noteBlock();
  }

  override onAcceptedView(view: ViewData): void {
    this.log.noteView(view);
    this.emit('view', view, undefined);
  }

  /** The request says how many bytes the state is to have. */
  override onAskState(_origin: Endpoint, _xferId: number, request: Message): SizedState | Iterable<Uint8Array> {
    const bytes = Number(request.text());
    const parts = this.pattern.parts(bytes);
    return Number.isFinite(bytes) ? { total: bytes, parts } : parts;
  }

  override async onStateTransfer(xferId: number): Promise<void> {
    await this.job?.(xferId);
    this.transferDone(xferId);
  }
}
