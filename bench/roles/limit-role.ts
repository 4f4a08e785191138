/** The limit row: one end of the native loop. The calls block this thread, and nothing else. */
import { type LimitResult, type LimitSocket, openLimitSocket } from '../../ts/data-plane/limit-socket.js';
import type { Address } from '../../ts/index.js';
import type { Place } from '../pool/place.js';

/** How long the receiver waits for the first byte. */
const WAIT_SECONDS = 5;

export interface LimitSend {
  readonly to: Address;
  readonly frameBytes: number;
  readonly sizeBytes: number;
  readonly seconds: number;
}

export class LimitRole {
  private socket: LimitSocket | undefined;

  constructor(private readonly place: Place) {}

  /** A fresh socket; returns its address. */
  readonly open = async (_: undefined): Promise<Address> => {
    const { host } = this.place;
    this.socket = openLimitSocket(host, true);
    return { host, port: this.socket.port };
  };

  readonly send = async ({ to, frameBytes, sizeBytes, seconds }: LimitSend): Promise<LimitResult> =>
    this.opened().send({ ...to, frameBytes, messageBytes: sizeBytes, seconds });

  readonly receive = async ({ sizeBytes }: { readonly sizeBytes: number }): Promise<LimitResult> =>
    this.opened().receive({ messageBytes: sizeBytes, seconds: WAIT_SECONDS });

  private opened(): LimitSocket {
    if (this.socket === undefined) throw new Error('there is no limit socket');
    return this.socket;
  }
}
