/**
 * What a member of a group under load does besides where a state is transferred: the last member of the bench is a client that becomes a server by a
 * transfer, and a client again.
 */
import type { TransferType } from '../../ts/index.js';
import { UnverifiedError } from '../verify/unverified-error.js';
import { type CpuTime, cpuTime } from './cpu-time.js';
import type { GroupRole } from './group-role.js';
import { whenView } from './joining.js';
import { MemoryWatch } from './memory-watch.js';
import { TransferringMember } from './transferring-member.js';

export interface TransferFetch {
  readonly stateBytes: number;
  /** Of a state that is fetched before, in the same transfer. */
  readonly warmUpBytes: number;
  /** Whether parts come in memory that is used again, or each in its own. */
  readonly reuse: boolean;
}

export interface TransferFetched {
  /** From the request to the last byte. */
  readonly seconds: number;
}

/** A transfer that is kept in progress. */
interface Stream {
  stopped: boolean;
  bytes: number;
  readonly over: Promise<void>;
}

export class TransferRole {
  private readonly memory = new MemoryWatch();
  private cpu: CpuTime | undefined;
  private stream: Stream | undefined;

  constructor(private readonly group: GroupRole) {}

  /** Before the member is opened: its rings count. */
  readonly watch = async (_: undefined): Promise<void> => this.memory.start();

  readonly arm = async (_: undefined): Promise<void> => {
    this.cpu = cpuTime();
  };

  /** What this process used since `arm`. */
  readonly spent = async (_: undefined): Promise<CpuTime> => cpuTime(this.cpu);

  /** Ends what `watch` began. Bytes. */
  readonly peak = async (_: undefined): Promise<number> => this.memory.stop();

  /** Gets a state as a whole, verified. */
  readonly fetch = async ({ stateBytes, warmUpBytes, reuse }: TransferFetch): Promise<TransferFetched> => {
    const member = this.member();
    await whenView(member, ({ nmembers }) => member.view?.servers.length === nmembers - 1);
    let seconds = 0;
    await new Promise<void>((resolve, reject) => {
      member.job = async (xferId) => {
        try {
          await take(member, xferId, warmUpBytes, reuse);
          const startMs = performance.now();
          await take(member, xferId, stateBytes, reuse);
          seconds = (performance.now() - startMs) / 1000;
          resolve();
        } catch (error) {
          reject(error);
        }
      };
      member.becomeServer('free');
    });
    await this.backToClient(member);
    return { seconds };
  };

  /** Begins a transfer that goes on until `end`. Resolves when something of the state is here. */
  readonly begin = async (transfer: TransferType): Promise<void> => {
    const member = this.member();
    let finish: () => void = () => {};
    const stream: Stream = { stopped: false, bytes: 0, over: new Promise((resolve) => (finish = resolve)) };
    this.stream = stream;
    await new Promise<void>((resolve, reject) => {
      member.job = async (xferId) => {
        try {
          for await (const part of member.streamState(xferId, 'Infinity', { reuse: true })) {
            check(member, part, stream.bytes);
            stream.bytes += part.length;
            resolve();
            if (stream.stopped) break;
          }
        } catch (error) {
          member.tallies.fail(String(error));
          reject(error);
        } finally {
          finish();
        }
      };
      member.becomeServer(transfer);
    });
  };

  /** Ends it. Resolves when this member is a client again, with the bytes that have come meanwhile. */
  readonly end = async (_: undefined): Promise<number> => {
    const member = this.member();
    const { stream } = this;
    if (stream === undefined) throw new Error('no transfer was begun');
    stream.stopped = true;
    await stream.over;
    await this.backToClient(member);
    return stream.bytes;
  };

  private async backToClient(member: TransferringMember): Promise<void> {
    member.job = undefined;
    await whenView(member, () => member.view?.state === 'server-normal');
    member.becomeClient();
    await whenView(member, () => member.view?.state === 'client-normal');
  }

  private member(): TransferringMember {
    const { member } = this.group;
    if (member instanceof TransferringMember) return member;
    throw new Error('there is no member that gets a state');
  }
}

async function take(member: TransferringMember, xferId: number, stateBytes: number, reuse: boolean): Promise<void> {
  let at = 0;
  for await (const part of member.streamState(xferId, String(stateBytes), { reuse })) {
    check(member, part, at);
    at += part.length;
  }
  if (at !== stateBytes) throw new UnverifiedError(`${at} bytes of a state of ${stateBytes} came`);
}

function check({ pattern }: TransferringMember, part: Uint8Array, at: number): void {
  if (!pattern.matches(part, at)) throw new UnverifiedError(`the state is not what it should be from byte ${at} on`);
}
