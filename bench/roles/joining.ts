/** How a member gets into its group: by discovery into views, or into a fixed view by a list. */
import type { Address, Endpoint, GroupMember, ViewData } from '../../ts/index.js';

export interface Join {
  /** The members of the bench in the order of their numbers. */
  readonly members: readonly Address[];
  /** Whether they are in a fixed view. */
  readonly fixed: boolean;
}

/** Resolves when the member is in a view with all the others. Whoever gives up is the coordinator, by its time-outs. */
export async function joinAll(member: GroupMember, { members, fixed }: Join): Promise<void> {
  if (fixed) return member.join({ members });
  const complete = whenView(member, ({ nmembers }) => nmembers === members.length);
  await member.join();
  await complete;
}

/** Resolves with the first view from now on that is as wished; the one that the member is in may be it. */
export function whenView(member: GroupMember, isWanted: (view: ViewData) => boolean): Promise<ViewData> {
  return new Promise((resolve) => {
    const look = (view: ViewData) => {
      if (!isWanted(view)) return;
      member.off('view', look);
      resolve(view);
    };
    member.on('view', look);
    if (member.view !== undefined) look(member.view);
  });
}

/** The members of the bench as the view has them. Ranks of a group with views are as chance has it, numbers are not. */
export function inOrder(view: ViewData | undefined, members: readonly Address[]): readonly Endpoint[] {
  return members.map(({ host, port }) => {
    const endpoint = view?.members.find((each) => each.host === host && each.port === port);
    if (endpoint === undefined) throw new Error(`${host}:${port} is not in the view`);
    return endpoint;
  });
}
