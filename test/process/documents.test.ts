// The whole programs in the documents, run as they stand, in processes of their own. That of README.md is run by scripts/pack-check.mjs, against the package.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../helpers/child.js';
import { Example } from '../helpers/example.js';
import { blocksOf, programOf } from '../unit/docs/blocks.js';

const folder = 'build/documents';
let groups = 0;

/** Writes a program with a group of nobody else where it finds consort as users do; returns its path. */
function write(document: string, name: string, groupName: string): string {
  return writeSource(name, programOf(document, name), groupName);
}

function writeSource(name: string, source: string, groupName: string): string {
  const alone = source.replaceAll(
    `groupName: '${groupName}'`,
    `groupName: '${groupName} ${process.pid} ${Date.now()} ${++groups}'`,
  );
  expect(alone).not.toBe(source);
  mkdirSync(join(root, folder), { recursive: true });
  const file = `${process.pid}-${name}`;
  writeFileSync(join(root, folder, file), alone);
  // As the examples see it.
  return join('..', folder, file);
}

describe('docs/state-transfer.md', () => {
  it('notes.mjs: who comes has all notes, also after a kill', async (context) => {
    const path = write('docs/state-transfer.md', 'notes.mjs', 'notes');
    const start = () => Example.start(context, path);
    const first = start();
    await first.line(/^1 servers, notes: $/);
    first.type('milk');
    first.type('bread');
    await first.line(/^notes: milk, bread$/);
    const second = start();
    await second.line(/^2 servers, notes: milk, bread$/);
    second.type('eggs');
    await Promise.all([first, second].map((each) => each.line(/^notes: milk, bread, eggs$/)));
    first.kill();
    await second.line(/^1 servers, notes: milk, bread, eggs$/);
    const again = start();
    await again.line(/^2 servers, notes: milk, bread, eggs$/);
    await again.end();
    await second.end();
  });

  it('shelf.mjs: prints what the guide says', async (context) => {
    const shelf = Example.start(context, write('docs/state-transfer.md', 'shelf.mjs', 'shelf'));
    await shelf.end();
    expect(shelf.lines).toEqual([
      'asked for all books',
      'second: Emma, Middlemarch',
      'both: Emma, Middlemarch, Persuasion',
    ]);
  });
});

/** A class of the guide, made a program: one has a state, and another one gets it. */
function programWith(name: string, field: string, state: string): string {
  const block = blocksOf('docs/state-transfer.md').find(({ source }) => source.startsWith(`class ${name} `));
  if (block === undefined) throw new Error(`there is no class ${name}`);
  return `import { StateTransferServer } from 'consort';
${block.source}
const options = { groupName: 'guide', membership: 'server', transfer: 'protected' };
const isServer = async (member) => {
  while (member.serverState !== 'server-normal') await new Promise((resolve) => setTimeout(resolve, 5));
};
const first = new ${name}(options);
const second = new ${name}(options);
first.${field} = ${state};
await first.join();
await isServer(first);
await second.join();
await isServer(second);
console.log(\`\${JSON.stringify([...first.${field}])} \${JSON.stringify([...second.${field}])}\`);
await Promise.all([first.close(), second.close()]);
`;
}

describe('the classes of docs/state-transfer.md', () => {
  it.for([
    ['Store', 'map', "new Map([['a', 1], ['\\u00e4\\n', { x: 'y'.repeat(400_000) }], ['c', [2]]])"],
    ['Library', 'books', "['Emma', 'Middlemarch']"],
    ['Library', 'readers', "['Anna']"],
    ['Prices', 'prices', "new Map([['milk', { price: 2, time: 5 }]])"],
  ] as const)('%s: gives its %s', async ([name, field, state], context) => {
    const source = programWith(name, field, state);
    const program = Example.start(context, writeSource(`${name}-${field}.mjs`, source, 'guide'));
    await program.end();
    const [given, got] = (program.lines.at(-1) ?? '').split(' ');
    expect(given?.length).toBeGreaterThan(5);
    expect(got).toBe(given);
  });
});

describe('docs/porting.md', () => {
  it('lapa.mjs: ten servers have one state', async (context) => {
    const lapa = Example.start(context, write('docs/porting.md', 'lapa.mjs', 'lapa'));
    await lapa.end();
    expect(lapa.lines.at(-1)).toBe(`states: ${new Array(10).fill(42).join(' ')}`);
    expect(lapa.lines.filter((line) => line === 'Xfer Successful, got state: 42').length).toBeGreaterThanOrEqual(9);
  });
});

describe('docs/store.md', () => {
  it('store.mjs: each of three sees what all have put', async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'consort-documents-'));
    context.onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const source = programOf('docs/store.md', 'store.mjs').replace('./store-', `${folder}/`);
    const path = writeSource('store.mjs', source, 'demo');
    const replicas = ['a', 'b', 'c'].map((name) => Example.start(context, path, name));
    for (const name of ['a', 'b', 'c']) {
      const seen = new RegExp(`^(seen/${name}: 2|put seen/${name} in version)`);
      await Promise.all(replicas.map((replica) => replica.line(seen)));
    }
  });
});
