/**
 * Who a member is. Endpoints are values: two that are equal name the same member, and a view has one object for each of its members,
 * so that a handler may compare with `===`.
 */
export class Endpoint {
  /** IPv4 or IPv6 address in numbers. */
  readonly host: string;
  readonly port: number;
  /** `host:port`, or `[host]:port` for IPv6: what `join()` and `send()` take, and what prints. */
  readonly name: string;

  constructor(host: string, port: number) {
    this.host = host;
    this.port = port;
    this.name = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    Object.freeze(this);
  }

  equals(other: Endpoint): boolean {
    return this.name === other.name;
  }

  toString(): string {
    return this.name;
  }

  toJSON(): string {
    return this.name;
  }
}
