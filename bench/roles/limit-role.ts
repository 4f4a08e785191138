/** The limit row: one end of the native loop. The calls block this thread, and nothing else. */
import { type LimitResult, type LimitSocket, openLimitSocket } from '../../ts/data-plane/limit-socket.js';

const HOST = '127.0.0.1';
/** How long the receiver waits for the first byte. */
const WAIT_SECONDS = 5;

export interface LimitSend {
  readonly port: number;
  readonly frameBytes: number;
  readonly sizeBytes: number;
  readonly seconds: number;
}

export class LimitRole {
  private socket: LimitSocket | undefined;

  /** A fresh socket; returns its port. */
  readonly open = async (_: undefined): Promise<number> => {
    this.socket = openLimitSocket(HOST, true);
    return this.socket.port;
  };

  readonly send = async ({ port, frameBytes, sizeBytes, seconds }: LimitSend): Promise<LimitResult> =>
    this.opened().send({ host: HOST, port, frameBytes, messageBytes: sizeBytes, seconds });

  readonly receive = async ({ sizeBytes }: { readonly sizeBytes: number }): Promise<LimitResult> =>
    this.opened().receive({ messageBytes: sizeBytes, seconds: WAIT_SECONDS });

  private opened(): LimitSocket {
    if (this.socket === undefined) throw new Error('there is no limit socket');
    return this.socket;
  }
}
