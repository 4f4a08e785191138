// The files of examples/, each run as its first line says, in processes of their own.
import { describe, expect, it, type TestContext } from 'vitest';
import { Example, group } from '../helpers/example.js';

describe('the example', () => {
  it('fixed-view.mjs: three members hear each other', async (context) => {
    const example = Example.start(context, 'fixed-view.mjs');
    await example.end();
    expect(example.lines.filter((line) => line.includes('cast from'))).toHaveLength(6);
    expect(example.lines.filter((line) => line.includes('send from'))).toEqual([
      expect.stringMatching(/^Clara: send from .*: only for rank 2$/),
    ]);
  });

  it('messages.mjs: values come with their types, and lists of members say who gets them', async (context) => {
    const example = Example.start(context, 'messages.mjs');
    await example.end();
    expect(example.lines.filter((line) => line.startsWith('Anna: ')).sort()).toEqual([
      'Anna: rank 1 has 2 of Middlemarch',
      'Anna: rank 2 has 1 of Middlemarch',
    ]);
    expect(example.lines.filter((line) => !line.startsWith('Anna: ')).sort()).toEqual([
      'Boris: Middlemarch is at ranks 1 and 2',
      'Clara: Middlemarch is at ranks 1 and 2',
    ]);
  });

  it('blocking-transfer.mjs: ten servers in threads of their own, which block until they have the state', async (context) => {
    const example = Example.start(context, 'blocking-transfer.mjs', group());
    await example.end();
    const got = /^server (\d+): \(Synchronous\) Xfer Successful, got state: 42$/;
    const servers = new Set(example.lines.flatMap((line) => got.exec(line)?.[1] ?? []));
    expect([...servers].sort()).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9']);
    expect(example.lines.at(-1)).toBe('10 servers');
  });

  it('chat.mjs: what is typed at one is read at the others, and all see who comes and goes', async (context) => {
    const name = group();
    const [anna, boris, clara] = start3(context, 'chat.mjs', name);
    await Promise.all([anna, boris, clara].map((each) => each.line(/^3 here: /)));
    anna.type('hello');
    await Promise.all([boris, clara].map((each) => each.line(/: hello$/)));
    expect(anna.lines.some((line) => line.endsWith(': hello'))).toBe(false);
    boris.type('goodbye');
    await Promise.all([anna, clara].map((each) => each.line(/: goodbye$/)));
    await anna.end();
    await Promise.all([boris, clara].map((each) => each.line(/^2 here: /, each.after(/: (hello|goodbye)$/))));
    boris.kill();
    await clara.line(/^1 here: /, clara.after(/: goodbye$/));
    await clara.end();
  });

  describe.each(['multi', 'single'])('group-member.mjs %s', (threads) => {
    it('greets, is greeted, says its last words in a view and leaves', async (context) => {
      const name = group();
      const members = start3(context, 'group-member.mjs', threads, name);
      await Promise.all(members.map((each) => each.line(/^view \d+: 3 members/)));
      await Promise.all(members.map((each) => each.line(/the coordinator says: welcome to the 3 of us$/)));
      await Promise.all(members.map((each) => each.line(/^cast from .*: hello from rank [012]$/)));
      await Promise.all(members.map((each) => each.line(/^send from .*: hello to you$/)));
      const [first, second, third] = members;
      await first.end();
      expect(first.lines.at(-1)).toBe('exit');
      // Those who stay had a word in the view that ended.
      await Promise.all([second, third].map((each) => each.line(/^view \d+: 2 members/, each.after(/: last words$/))));
      await Promise.all([second, third].map((each) => each.end()));
    });
  });

  it('shards.mjs: every shard has one member, whoever comes and goes', async (context) => {
    const name = group();
    const workers = start3(context, 'shards.mjs', name);
    const all = await Promise.all(workers.map((each) => each.line(/^3 members; /)));
    expect(shardsOf(all)).toEqual(Array.from({ length: 12 }, (_, shard) => shard));
    for (const line of all) expect(shardsOf([line])).toHaveLength(4);
    const [first, second, third] = workers;
    second.kill();
    const rest = await Promise.all([first, third].map((each) => each.line(/^2 members; /, each.after(/^3 members; /))));
    expect(shardsOf(rest)).toEqual(Array.from({ length: 12 }, (_, shard) => shard));
    // Nobody loses what it had.
    expect(shardsOf(rest.slice(0, 1))).toEqual(expect.arrayContaining(shardsOf(all.slice(0, 1))));
    await Promise.all([first.end(), third.end()]);
  });

  it('ordering.mjs: all come to the same decisions about payments that are made at once', async (context) => {
    const name = group();
    const members = start3(context, 'ordering.mjs', name);
    const [first, second, third] = members;
    await Promise.all(members.map((each) => each.line(/^3 here$/)));
    await Promise.all(members.map((each) => each.line(/^balance: 0$/, each.after(/^3 here$/))));
    first.type('+100');
    await Promise.all(members.map((each) => each.line(/ \+100: done, balance: 100$/)));
    for (const each of members) each.type('-60');
    // Each of the three has the last of them when it has three more lines.
    const decisions = ({ lines }: Example) => lines.filter((line) => / -60: /.test(line));
    await expect.poll(() => members.map((each) => decisions(each).length), { timeout: 60_000 }).toEqual([3, 3, 3]);
    expect(decisions(second)).toEqual(decisions(first));
    expect(decisions(third)).toEqual(decisions(first));
    const results = decisions(first).map((line) => line.replace(/^.* -60: /, ''));
    expect(results).toEqual(['done, balance: 40', 'refused, balance: 40', 'refused, balance: 40']);
    // Also without the member that gave the order.
    first.kill();
    await Promise.all([second, third].map((each) => each.line(/^2 here$/, each.after(/ -60: /))));
    third.type('-40');
    await Promise.all([second, third].map((each) => each.line(/ -40: done, balance: 0$/)));
    await Promise.all([second.end(), third.end()]);
  });

  it('primary.mjs: two of three go on without the third, and one of three refuses', async (context) => {
    const name = group();
    const [first, second, third] = start3(context, 'primary.mjs', '3', name);
    await Promise.all([first, second, third].map((each) => each.line(/^3 of 3 here: primary$/)));
    first.kill();
    await Promise.all([second, third].map((each) => each.line(/^2 of 3 here: primary$/, each.after(/^3 of 3/))));
    second.type('blue');
    await third.line(/^value: blue$/);
    second.kill();
    await third.line(/^1 of 3 here: not primary/, third.after(/^value: blue$/));
    third.type('red');
    await third.line(/^refused/);
    await third.end();
  });
});

function start3(context: TestContext, file: string, ...words: readonly string[]): [Example, Example, Example] {
  const one = () => Example.start(context, file, ...words);
  return [one(), one(), one()];
}

/** Those that the lines name, sorted. */
function shardsOf(lines: readonly string[]): number[] {
  return lines
    .flatMap((line) => line.replace(/^.*mine: /, '').split(' '))
    .map(Number)
    .sort((a, b) => a - b);
}
