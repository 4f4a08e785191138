// What users get wrong, against real sockets: each is an error with a code and a message that says what to do, and nothing half-open is left behind.
import { describe, expect, it } from 'vitest';
import { Child } from '../helpers/child.js';
import { MEMBER_COMBINATIONS, skipWithoutAddon } from '../helpers/crew.js';

interface Outcome {
  readonly code: string;
  readonly message: string;
  readonly left: number;
}

const EXPECTED: Readonly<Record<string, readonly [code: string, says: RegExp]>> = {
  'a port in use': ['ERR_BIND', /127\.0\.0\.1:\d+.*(EADDRINUSE|Address already in use)/],
  'an address of no interface': ['ERR_BIND', /203\.0\.113\.1/],
  'a host name that nobody has': ['ERR_RESOLVE', /no-such-host\.invalid/],
  'two members at one address': ['ERR_DUPLICATE_ADDRESS', /members 1 and 2 .*127\.0\.0\.1:9/],
  'the member itself twice': ['ERR_DUPLICATE_ADDRESS', /members 0 and 1/],
  'a list without the member': ['ERR_NOT_IN_VIEW', /list member\.address/],
  'a member of the other IP version': ['ERR_INVALID_ARGUMENT', /members\[1\].*::1/],
  'a member with an unknown name': ['ERR_RESOLVE', /no-such-host\.invalid/],
  'an empty list': ['ERR_INVALID_ARGUMENT', /members.*array of one address or more/],
  'a list of numbers': ['ERR_INVALID_ARGUMENT', /members\[0\]/],
  'too little memory': ['ERR_MEMORY_TOO_SMALL', /options\.memory.*100 members/],
  'a group of multicast that the host is not in': ['ERR_INVALID_OPTION', /multicastGroup/],
  'an unknown mode': ['ERR_INVALID_OPTION', /options\.mode.*'native'/],
  'an abort during join': ['ABORT_ERR', /aborted/],
  'a close during join': ['ABORT_ERR', /aborted/],
  'a message over maxMessageSize': ['ERR_MESSAGE_TOO_LARGE', /maxMessageSize/],
  'a cast of a number': ['ERR_INVALID_ARGUMENT', /payload/],
  'a send to an unknown rank': ['ERR_UNKNOWN_MEMBER', /rank 3/],
  'a send to itself': ['ERR_SEND_TO_SELF', /itself/],
  'a claim that is too long': ['ERR_MESSAGE_TOO_LARGE', /maxClaim/],
  'a claim that was never made': ['ERR_CLAIM_LOST', /claim/],
  'a second join': ['ERR_ALREADY_JOINED', /view already/],
};

describe.each(MEMBER_COMBINATIONS)('in mode %s, %s', (mode, threadMode) => {
  it('each mistake has its error, and leaves nothing open', async (context) => {
    skipWithoutAddon(context, mode);
    const child = await Child.start(context, 'bad-input-program.mjs');
    const names = await child.call<string[]>('names');
    expect(names.toSorted()).toEqual(Object.keys(EXPECTED).toSorted());
    await child.call('warmUp', { mode, threadMode });
    for (const name of names) {
      const outcome = await child.call<Outcome>('attempt', name, { mode, threadMode });
      const [code, says] = EXPECTED[name] as readonly [string, RegExp];
      expect({ name, ...outcome }).toEqual({ name, code, message: expect.stringMatching(says), left: 0 });
    }
  });
});
