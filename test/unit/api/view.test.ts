import { describe, expect, it } from 'vitest';
import { groupViewData } from '../../../ts/api/view.js';
import { VERSION } from '../../../ts/base/version.js';
import { member, members, STACK, viewId, viewOf } from '../stack/views.js';

const first = groupViewData(viewOf([0, 1, 2, 3]), 2, undefined);

describe('groupViewData', () => {
  it('of the first view has all for new, and nothing of before', () => {
    expect(first).toEqual({
      version: VERSION,
      groupName: 'test',
      viewId: viewId(5),
      members: members(0, 1, 2, 3),
      newMembers: members(0, 1, 2, 3),
      departedMembers: [],
      nmembers: 4,
      myEndpoint: member(2),
      myRank: 2,
      myOldRank: -1,
      coordinator: member(0),
      oldCoordinator: undefined,
      protocol: STACK,
      params: '',
      groupdFlag: false,
      primaryFlag: false,
    });
  });

  it('of a later view says who has come and who is gone since the last', () => {
    const state = viewOf([1, 2, 7, 8], { time: 9, params: 'heal_sweep=2:time', primary: true });
    expect(groupViewData(state, 1, first)).toMatchObject({
      viewId: viewId(9, 1),
      newMembers: members(7, 8),
      departedMembers: members(0, 3),
      myRank: 1,
      myOldRank: 2,
      coordinator: member(1),
      oldCoordinator: member(0),
      params: 'heal_sweep=2:time',
      primaryFlag: true,
    });
  });

  it('has a member that came again both for gone and for new', () => {
    const state = viewOf([0], { time: 9, members: [member(0), member(2), member(1, 5)] });
    const data = groupViewData(state, 1, first);
    expect(data.newMembers).toEqual([member(1, 5)]);
    expect(data.departedMembers).toEqual([member(1), member(3)]);
  });

  it('of a view that takes this one in keeps its own old rank and coordinator', () => {
    const data = groupViewData(viewOf([9, 8, 0, 1, 2, 3], { time: 9 }), 4, first);
    expect(data).toMatchObject({ myRank: 4, myOldRank: 2, oldCoordinator: member(0), coordinator: member(9) });
    expect(data.newMembers).toEqual(members(9, 8));
  });

  it('is frozen, with its lists', () => {
    const { members: all, newMembers, departedMembers, viewId: id } = first;
    for (const each of [first, all, newMembers, departedMembers, id]) expect(Object.isFrozen(each)).toBe(true);
  });

  it('leaves the state that it comes from as it is', () => {
    const state = viewOf([0, 1]);
    groupViewData(state, 0, undefined);
    expect([Object.isFrozen(state.members), Object.isFrozen(state.id)]).toEqual([false, false]);
  });
});
