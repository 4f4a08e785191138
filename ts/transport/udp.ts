/**
 * A UDP socket on node:dgram, for the TypeScript plane and for whoever has datagrams to send.
 *
 *   out  gather(pieces) -> datagram, send(datagram, host, port) once for each destination
 *   in   onDatagram(bytes, from), one call a datagram; the bytes are the receiver's to keep
 *
 * dgram's send() is synchronous where it can be: given an address in numbers and a `lookup` that answers at once, the system call is made
 * before it returns, and what it sent may be overwritten. Only when the kernel's buffer is full does libuv keep a datagram and
 * its memory; gather() then takes fresh memory. Copying the pieces costs no more than dgram's own work on a list of them.
 * An error of a send is ignored: a datagram that does not arrive is lost, whatever the reason.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';

/** An IPv4 or IPv6 address in numbers. */
export interface SocketAddress {
  readonly host: string;
  readonly port: number;
}

export interface UdpOptions {
  /** Where to bind; port 0 lets the system choose. */
  readonly address: SocketAddress;
  /** Asked of the kernel for each direction, in bytes; it may give less. */
  readonly bufferBytes: number;
  /** Whether several sockets may be bound to this address (multicast groups). */
  readonly shared: boolean;
}

export interface UdpEvents {
  onDatagram(bytes: Uint8Array, from: RemoteInfo): void;
  /** The socket receives no more. */
  onFailure(error: Error): void;
}

/** More than UDP can carry. */
const SPACE_BYTES = 64 * 1024;
/** Datagrams that wait in libuv because the kernel's buffer is full hold this much at most; what comes beyond is lost. */
const MAX_QUEUED_BYTES = 1024 * 1024;
const MIN_BUFFER_BYTES = 64 * 1024;
/** What a network that comes and goes does to a socket. */
const PASSING_ERRORS = new Set([
  'EAGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'EINTR',
  'EMSGSIZE',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOBUFS',
]);

export function isIPv6(host: string): boolean {
  return host.includes(':');
}

function hasZone(host: string): boolean {
  return host.includes('%');
}

/** dgram asks for each datagram. An address in numbers is its own answer, and given at once it lets send() be synchronous. */
function lookup(host: string, family: unknown, callback: (error: null, address: string, family: number) => void): void {
  callback(null, host, family as number);
}

export class UdpSocket {
  readonly address: SocketAddress;
  private space = new Uint8Array(SPACE_BYTES);
  private datagram = this.space;
  private spaceIsHeld = false;
  private queued = false;
  private closed = false;

  private constructor(private readonly socket: Socket) {
    const { address, port } = socket.address();
    this.address = { host: address, port };
  }

  /** Rejects with dgram's error, which has `code`, when the address can't be had. Nothing stays open then. */
  static async open(options: UdpOptions, events: UdpEvents): Promise<UdpSocket> {
    const { host, port } = options.address;
    // A group of IPv6 has nothing to do with IPv4; only a socket of its own may be bound to both.
    const type = isIPv6(host) ? 'udp6' : 'udp4';
    const socket = createSocket({ type, reuseAddr: options.shared, ipv6Only: options.shared && isIPv6(host), lookup });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        // Not through the primary of a cluster: it would share the socket with other workers.
        socket.bind({ address: host, port, exclusive: true }, resolve);
      });
    } catch (error) {
      await closeSocket(socket);
      throw error;
    }
    socket.removeAllListeners('error');
    askForBuffers(socket, options.bufferBytes);
    socket.on('message', (bytes, from) => events.onDatagram(bytes, from));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (!PASSING_ERRORS.has(error.code ?? '')) events.onFailure(error);
    });
    return new UdpSocket(socket);
  }

  /**
   * Receives what is sent to `group`, on the interface that owns `through`. IPv6 wants the interface's name (`::%eth0`), and takes the
   * system's choice without. Throws if the system refuses.
   */
  joinGroup(group: string, through: string): void {
    if (isIPv6(group) && !hasZone(through)) this.socket.addMembership(group);
    else this.socket.addMembership(group, through);
  }

  /** What is sent to groups leaves by the interface that owns `through`, and reaches members on this machine too. */
  sendGroupsThrough(through: string): void {
    if (!isIPv6(through) || hasZone(through)) this.socket.setMulticastInterface(through);
    this.socket.setMulticastLoopback(true);
  }

  /** How many routers what is sent to groups may pass, and one more. */
  setGroupTtl(hops: number): void {
    this.socket.setMulticastTTL(hops);
  }

  /** The socket alone does not keep the process alive. */
  unref(): void {
    this.socket.unref();
  }

  /** Whether datagrams wait because the kernel's buffer is full. */
  get isFull(): boolean {
    if (this.queued) this.queued = this.socket.getSendQueueCount() > 0;
    return this.queued;
  }

  /** Puts pieces[first] up to but not pieces[end] together, 64 KiB at most. The result is for send() and valid until the next call. */
  gather(pieces: readonly Uint8Array[], first: number, end: number): Uint8Array {
    if (this.spaceIsHeld) {
      this.space = new Uint8Array(SPACE_BYTES);
      this.spaceIsHeld = false;
    }
    const space = this.space;
    let length = 0;
    for (let i = first; i < end; i++) {
      const piece = pieces[i] as Uint8Array;
      space.set(piece, length);
      length += piece.length;
    }
    // Full frames are all of one length: the view is used again.
    if (this.datagram.length !== length || this.datagram.buffer !== space.buffer)
      this.datagram = space.subarray(0, length);
    return this.datagram;
  }

  /** Sends what gather() made. It may be lost, here as on the way. */
  send(datagram: Uint8Array, host: string, port: number): void {
    if (this.closed || port === 0) return;
    if (this.queued && this.socket.getSendQueueSize() + datagram.length > MAX_QUEUED_BYTES) return;
    this.socket.send(datagram, port, host);
    if (this.socket.getSendQueueCount() > 0) this.queued = this.spaceIsHeld = true;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await closeSocket(this.socket);
  }
}

function closeSocket(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}

/** Linux gives as much as it may; other systems refuse what is too much. */
function askForBuffers(socket: Socket, bytes: number): void {
  for (const ask of [socket.setRecvBufferSize, socket.setSendBufferSize]) {
    for (let wanted = bytes; wanted >= MIN_BUFFER_BYTES; wanted = Math.floor(wanted / 2)) {
      try {
        ask.call(socket, wanted);
        break;
      } catch {
        // Half as much, then.
      }
    }
  }
}
