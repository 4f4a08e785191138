import { describe, expect, it } from 'vitest';
import { clientServerView } from '../../../ts/api/client-server-view.js';
import { groupViewData } from '../../../ts/api/view.js';
import { JOINING } from '../../../ts/client-server/automaton.js';
import { CLIENT, SERVER } from '../../../ts/client-server/roles.js';
import type { TransferType } from '../../../ts/client-server/safety.js';
import { viewOf } from '../stack/views.js';

function seenBy(rank: number, wants: TransferType | undefined) {
  const table = [SERVER, { type: 'transferring', transfer: 'free', since: 5 }, CLIENT] as const;
  const mine = { standing: JOINING, oldState: JOINING.state, wants };
  return clientServerView(groupViewData(viewOf([0, 1, 2]), rank, undefined), table, mine, undefined);
}

describe('the transfer type of a member', () => {
  it('is that of the transfer in progress, whatever it wants by now', () => {
    expect(seenBy(1, 'atomic').myXferType).toBe('free');
    expect(seenBy(1, undefined).myXferType).toBe('free');
  });

  it('is what it wants, where none is in progress to it', () => {
    expect(seenBy(0, 'atomic').myXferType).toBe('atomic');
    expect(seenBy(2, undefined).myXferType).toBe('none');
  });
});
