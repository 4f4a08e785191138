/** A connection by which messages go both ways between two workers, in JavaScript. */
export interface PeerLink {
  /** What was sent is on its way at the latest after `flush`. The payload is copied, or written at once. */
  send(payload: Uint8Array): void;
  flush(): void;
  /** Gets each message; the bytes are valid during the call. */
  onMessage: (bytes: Uint8Array) => void;
  /** It is of no use any more. */
  onFailure: (error: Error) => void;
  close(): Promise<void>;
}
