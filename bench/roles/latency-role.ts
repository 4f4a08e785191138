/** One end of a round trip: member 0 asks, member 1 answers, by casts of a group or by plain datagrams; other members only listen. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type Address, type Endpoint, GroupMember, type Message, type ThreadMode } from '../../ts/index.js';
import type { Mtu } from '../options.js';
import type { Place } from '../pool/place.js';
import { ArrivalLog } from './arrival-log.js';
import { type CpuTime, cpuTime } from './cpu-time.js';
import { type Join, joinAll } from './joining.js';
import { machineOffsetMs } from './machine-clock.js';
import { Pinger } from './pinger.js';

export interface LatencyGroupOpen {
  readonly groupName: string;
  readonly properties: string;
  readonly mode: 'native' | 'ts';
  readonly threads: ThreadMode;
  readonly mtu: Mtu;
  readonly lossRate: number;
  readonly seed: number;
  readonly sizeBytes: number;
  /** Its number in the bench, from 0. */
  readonly member: number;
}

export interface LatencyMeasure {
  /** Undefined: ping-pong. */
  readonly ratePerSecond: number | undefined;
  readonly milliseconds: number;
}

export interface LatencyReport {
  readonly roundTripsNanos: Float64Array;
  /** When each was sent, or should have been, by the clock of the machine. */
  readonly intendedMs: Float64Array;
  readonly cpu: CpuTime;
}

class AskingMember extends GroupMember {
  pinger: Pinger | undefined;

  override onReceiveCast(origin: Endpoint, message: Message): void {
    // Its own, in total order, are no answers.
    if (origin !== this.view?.myEndpoint) this.pinger?.take(message.bytes());
  }
}

class AnsweringMember extends GroupMember {
  constructor(
    options: ConstructorParameters<typeof GroupMember>[0],
    private readonly arrivals: ArrivalLog,
  ) {
    super(options);
  }

  override onReceiveCast(origin: Endpoint, message: Message): void {
    if (origin === this.view?.myEndpoint) return;
    this.arrivals.note();
    this.cast(message.bytes());
  }
}

class ListeningMember extends GroupMember {
  override onReceiveCast(): void {}
}

export class LatencyRole {
  private member: GroupMember | undefined;
  private socket: Socket | undefined;
  private pinger: Pinger | undefined;
  private failure: Error | undefined;
  private readonly arrivals = new ArrivalLog();

  constructor(private readonly place: Place) {}

  readonly openGroup = async (options: LatencyGroupOpen): Promise<Address> => {
    const { groupName, properties, mode, threads, mtu, lossRate, seed, sizeBytes } = options;
    this.failure = undefined;
    const member = this.makeMember(options.member, {
      groupName,
      properties,
      mode,
      threadMode: threads,
      address: `${this.place.host}:0`,
      mtu,
      seed,
      ...(lossRate > 0 ? { drop: { rate: lossRate, seed } } : {}),
      errorHandler: (error) => {
        this.failure ??= error;
      },
    });
    this.member = member;
    if (member instanceof AskingMember) {
      this.pinger = new Pinger(sizeBytes, (payload) => member.cast(payload));
      member.pinger = this.pinger;
    }
    await member.open();
    if (member.address === undefined) throw new Error('the member is open and has no address');
    return member.address;
  };

  readonly joinGroup = async (join: Join): Promise<void> => {
    if (this.member !== undefined) await joinAll(this.member, join);
  };

  readonly openDgram = async ({ rank, sizeBytes }: { rank: number; sizeBytes: number }): Promise<Address> => {
    const { host } = this.place;
    const socket = createSocket('udp4');
    this.socket = socket;
    socket.bind(0, host);
    await once(socket, 'listening');
    if (rank === 0) {
      const pinger = new Pinger(sizeBytes, (payload) => socket.send(payload));
      this.pinger = pinger;
      socket.on('message', (message) => pinger.take(message));
    } else {
      socket.on('message', (message) => {
        this.arrivals.note();
        socket.send(message);
      });
    }
    return { host, port: socket.address().port };
  };

  readonly connectDgram = async ({ host, port }: Address): Promise<void> => {
    const { socket } = this;
    if (socket === undefined) throw new Error('there is no socket');
    socket.connect(port, host);
    await once(socket, 'connect');
  };

  readonly measure = async ({ ratePerSecond, milliseconds }: LatencyMeasure): Promise<LatencyReport> => {
    const { pinger } = this;
    if (pinger === undefined) throw new Error('there is nobody to ask');
    const before = cpuTime();
    const offsetMs = machineOffsetMs();
    const roundTripsNanos = await (ratePerSecond === undefined
      ? pinger.pingPong(milliseconds)
      : pinger.atRate(milliseconds, ratePerSecond));
    const intendedMs = pinger.intendedMs.map((ms) => ms + offsetMs);
    return { roundTripsNanos, intendedMs, cpu: cpuTime(before) };
  };

  /** When what was asked since the last call came here. */
  readonly takeArrivals = async (_: undefined): Promise<Float64Array> => this.arrivals.take();

  readonly close = async (_: undefined): Promise<void> => {
    const { member, socket, failure } = this;
    this.member = undefined;
    this.socket = undefined;
    this.pinger = undefined;
    socket?.close();
    await member?.close();
    if (failure !== undefined) throw failure;
  };

  private makeMember(number: number, options: ConstructorParameters<typeof GroupMember>[0]): GroupMember {
    if (number === 0) return new AskingMember(options);
    return number === 1 ? new AnsweringMember(options, this.arrivals) : new ListeningMember(options);
  }
}
