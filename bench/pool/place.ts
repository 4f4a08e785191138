/** Where a worker is. */
export interface Place {
  /** The address that its sockets are bound to. */
  host: string;
}

export const LOOPBACK = '127.0.0.1';
