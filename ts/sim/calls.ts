/** The four calls that send a message, and how safe it is: told by its id, so that whoever receives it knows. */
import type { Safety } from '../client-server/safety.js';

export type Call = 'cast' | 'send' | 'scast' | 'lsend';

/** Between the name of the sender and the number of the message. */
const SIGNS: Readonly<Record<Call, string>> = { cast: '#', send: '>', scast: '!', lsend: '=' };
const MARK = '~';

export function messageId(sender: string, call: Call, safety: Safety, number: number): string {
  return `${sender}${SIGNS[call]}${number}${safety === 'generic' ? '' : `${MARK}${safety}`}`;
}

/** What is anonymous, of 0 bytes, is generic. */
export function safetyOfId(id: string): Safety {
  const mark = id.lastIndexOf(MARK);
  return mark < 0 ? 'generic' : (id.slice(mark + 1) as Safety);
}

/** What is delivered in the order in which it was sent, without gaps: one stream for each call and each safety, which may have to wait apart. */
export function streamKey(sender: string, call: Call, safety: Safety, to: string | undefined): string {
  return `${sender}${SIGNS[call]}${to ?? ''}${safety === 'generic' ? '' : `${MARK}${safety}`}`;
}
