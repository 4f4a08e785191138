/**
 * Who a member is. Endpoints are values: two that are equal name the same member, and a view has one object for each of its members,
 * so that a handler may compare with `===`.
 */
export class Endpoint {
  /** IPv4 or IPv6 address in numbers. */
  readonly host: string;
  readonly port: number;
  /**
   * Tells a member from an earlier one at the same address, which may have crashed a moment ago: a larger number for each `join()`, up to
   * 2^53 - 1. Always 0 in a fixed view.
   */
  readonly incarnation: number;
  /** `host:port`, or `[host]:port` for IPv6, and the incarnation where there is one: `127.0.0.1:4000/k3x9`. */
  readonly name: string;

  constructor(host: string, port: number, incarnation = 0) {
    this.host = host;
    this.port = port;
    this.incarnation = incarnation;
    const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    this.name = incarnation === 0 ? address : `${address}/${incarnation.toString(36)}`;
    Object.freeze(this);
  }

  equals(other: Endpoint): boolean {
    return this.name === other.name;
  }

  /** Some order, the same everywhere: by host, then port, then incarnation. */
  static compare(a: Endpoint, b: Endpoint): number {
    if (a.host !== b.host) return a.host < b.host ? -1 : 1;
    return a.port - b.port || a.incarnation - b.incarnation;
  }

  toString(): string {
    return this.name;
  }

  toJSON(): string {
    return this.name;
  }
}
