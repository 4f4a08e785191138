/** A member that tallies what it gets, through the public API only, as any application would. */
import { type Endpoint, GroupMember, type GroupMemberOptions, type Message, type ViewData } from '../../ts/index.js';
import type { Tally } from '../verify/tally.js';
import { ChangeLog } from './change-log.js';

export class MeasuringMember extends GroupMember {
  /** Called when casting may go on. */
  whenRoom: () => void = () => {};
  readonly log = new ChangeLog();
  private tallies: ReadonlyMap<Endpoint, Tally> = new Map();
  private lastOrigin: Endpoint | undefined;
  private tally: Tally | undefined;
  /** Why the run is worth nothing, whatever the tallies say. */
  private readonly failures: string[] = [];

  constructor(options: GroupMemberOptions) {
    super({ ...options, errorHandler: (error) => this.fail(`${error.name}: ${error.message}`) });
  }

  /** From now on what comes from these members is counted. */
  arm(tallies: ReadonlyMap<Endpoint, Tally>): void {
    this.tallies = tallies;
    this.lastOrigin = undefined;
    this.tally = undefined;
  }

  takeFailures(): string[] {
    return this.failures.splice(0);
  }

  override onReceiveCast(origin: Endpoint, message: Message): void {
    if (origin !== this.lastOrigin) this.select(origin);
    if (this.tally !== undefined) this.tally.take(message);
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

  private select(origin: Endpoint): void {
    this.lastOrigin = origin;
    this.tally = this.tallies.get(origin);
    if (this.tally === undefined) this.fail(`a message came from ${origin}, which sends nothing`);
  }

  private fail(reason: string): void {
    if (this.failures.length < 3) this.failures.push(reason);
  }
}
