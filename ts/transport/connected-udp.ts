/**
 * A UDP socket that sends to one address only. Of such a one dgram tells what it tells of no other: that the peer's host answered that nothing is
 * bound there. It keeps no process alive, and whatever else fails is of no consequence: what it sends is lost then.
 */
import { createSocket, type Socket } from 'node:dgram';
import { closeSocket, isIPv6, lookup, type SocketAddress } from './udp.js';

export class ConnectedUdpSocket {
  private readonly socket: Socket;
  private state: 'apart' | 'connecting' | 'connected' | 'closed' = 'apart';
  /** What goes out as soon as there is a connection. */
  private waiting: Uint8Array | undefined;

  constructor(
    private readonly to: SocketAddress,
    private readonly onRefused: () => void,
  ) {
    this.socket = createSocket({ type: isIPv6(to.host) ? 'udp6' : 'udp4', lookup });
    this.socket.unref();
    this.socket.on('error', this.handleError);
    this.socket.on('connect', this.handleConnect);
  }

  send(datagram: Uint8Array): void {
    if (this.state === 'connected') {
      this.socket.send(datagram, this.handleError);
      return;
    }
    if (this.state === 'closed') return;
    this.waiting = datagram;
    if (this.state === 'connecting') return;
    this.state = 'connecting';
    this.socket.connect(this.to.port, this.to.host);
  }

  async close(): Promise<void> {
    if (this.state === 'closed') return;
    this.state = 'closed';
    await closeSocket(this.socket);
  }

  private readonly handleConnect = (): void => {
    if (this.state !== 'connecting') return;
    this.state = 'connected';
    if (this.waiting !== undefined) this.send(this.waiting);
    this.waiting = undefined;
  };

  /** The refusal of a datagram comes with the next send, or before it as an event. */
  private readonly handleError = (error: NodeJS.ErrnoException | null): void => {
    if (this.state === 'connecting') this.state = 'apart';
    if (error?.code === 'ECONNREFUSED' && this.state === 'connected') this.onRefused();
  };
}
