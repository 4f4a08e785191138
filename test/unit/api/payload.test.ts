import { describe, expect, it } from 'vitest';
import { checkJoinOptions } from '../../../ts/api/member-list.js';
import { payloadBytes } from '../../../ts/api/payload.js';
import { sourceOf } from '../../../ts/api/state-transfer.js';
import { Message } from '../../../ts/base/message.js';
import { bytesOf } from '../stack/views.js';

describe('a payload', () => {
  it('is bytes, text, or what was not popped yet of a message', () => {
    const bytes = bytesOf('hello');
    expect(payloadBytes(bytes, 5)).toBe(bytes);
    expect(payloadBytes(Buffer.from(bytes), 5)).toEqual(Buffer.from(bytes));
    expect([...payloadBytes('hello', 5)]).toEqual([...bytes]);
    const message = new Message().push('kept').push(1);
    message.pop();
    expect(payloadBytes(message, 100)).toEqual(new Message().push('kept').bytes());
    expect(payloadBytes(new Message(), 0)).toEqual(new Uint8Array(0));
  });

  it('may be a message wherever there is one, as in join(), or as the state of a server', () => {
    const message = new Message().push('let me in');
    expect(checkJoinOptions({ message }).message).toEqual(message.copy());
    const pulled: unknown[] = [];
    sourceOf(message).pull((next) => pulled.push(next));
    expect(pulled).toEqual([{ type: 'part', part: message.copy() }]);
  });

  it.each([undefined, null, 1, {}, [1], new Uint16Array(1), new ArrayBuffer(1)])(
    'is none of another kind',
    (payload) => {
      expect(() => payloadBytes(payload, 100)).toThrow(
        expect.objectContaining({
          code: 'ERR_INVALID_ARGUMENT',
          message: expect.stringMatching(/^payload: got .* Message$/),
        }),
      );
    },
  );

  it.each(['hello', bytesOf('hello'), Message.of(bytesOf('hello'))])('may be too long', (payload) => {
    expect(() => payloadBytes(payload, 4)).toThrow(expect.objectContaining({ code: 'ERR_MESSAGE_TOO_LARGE' }));
  });
});
