/** A member that tallies what it gets, through the public API only, as any application would. */
import { type Endpoint, GroupMember, type GroupMemberOptions, type Message, type ViewData } from '../../ts/index.js';
import { CastTallies } from './cast-tallies.js';
import { ChangeLog } from './change-log.js';

/** What is measured of a member, whatever its class. */
export interface Measured {
  readonly tallies: CastTallies;
  readonly log: ChangeLog;
  /** Called when casting may go on. */
  whenRoom: () => void;
}

export class MeasuringMember extends GroupMember implements Measured {
  whenRoom: () => void = () => {};
  readonly log = new ChangeLog();
  readonly tallies: CastTallies;

  constructor(options: GroupMemberOptions) {
    const tallies = new CastTallies();
    super({ ...options, errorHandler: (error) => tallies.fail(`${error.name}: ${error.message}`) });
    this.tallies = tallies;
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
}
