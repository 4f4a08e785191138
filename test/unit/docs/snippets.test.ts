// Fragments of programs in the documents name nothing that is not there. Whole programs are run: test/process/documents.test.ts.
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { blocksOf, root } from './blocks.js';

const DOCUMENTS = ['README.md', 'docs/state-transfer.md', 'docs/store.md'];

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  types: ['node'],
  // As JavaScript is written: what has no type has any.
  strict: false,
  noEmit: true,
  skipLibCheck: true,
  paths: { consort: [join(root, 'ts/index.ts')] },
};

/** What a fragment may use without a word: all that users make, a member, a store, and what it fills. */
const PREAMBLE = `import { StateTransferServer, ClientServer, GroupMember, Message, TransferTerminated } from 'consort';
import { openMemoryDatabase, ReplicatedStore, StoreServer } from 'consort';
declare const member: StateTransferServer;
declare const cache: Map<Uint8Array, Uint8Array>;
void [ClientServer, GroupMember, Message, TransferTerminated, member];
void [openMemoryDatabase, ReplicatedStore, StoreServer, cache];
`;

/** A fragment that makes a store of its own is told of no other. */
const STORE = 'declare const store: ReplicatedStore;\n';

/** What the compiler says against these sources, by file name. */
function faultsOf(sources: ReadonlyMap<string, string>): string[] {
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.getSourceFile = (name, ...rest) => {
    const source = sources.get(name);
    return source === undefined
      ? getSourceFile.call(host, name, ...rest)
      : ts.createSourceFile(name, source, ts.ScriptTarget.ES2023);
  };
  host.fileExists = (name) => sources.has(name) || fileExists.call(host, name);
  host.readFile = (name) => sources.get(name) ?? readFile.call(host, name);
  const program = ts.createProgram([...sources.keys()], options, host);
  return [...sources.keys()].flatMap((name) =>
    [
      ...program.getSyntacticDiagnostics(program.getSourceFile(name)),
      ...program.getSemanticDiagnostics(program.getSourceFile(name)),
    ].map(({ messageText }) => `${name}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`),
  );
}

function complete(fragment: string): string {
  if (fragment.includes("from 'consort'")) return fragment;
  return `${PREAMBLE}${fragment.includes('const store =') ? '' : STORE}${fragment}`;
}

function file(name: string): string {
  return join(root, 'build', name).replaceAll('\\', '/');
}

describe('fragments', () => {
  it.each(DOCUMENTS)('%s: name nothing that is not there', { timeout: 120_000 }, (document) => {
    const fragments = blocksOf(document).filter(({ program }) => program === undefined);
    const sources = new Map(fragments.map(({ line, source }) => [file(`line-${line}.mts`), complete(source)] as const));
    expect(sources.size).toBeGreaterThan(0);
    expect(faultsOf(sources)).toEqual([]);
  });

  it('are checked: what is not there is found', { timeout: 120_000 }, () => {
    const wrong = complete("member.getNothing(); member.cast('', { safety: 'nothing' });\n");
    expect(faultsOf(new Map([[file('wrong.mts'), wrong]]))).toHaveLength(2);
  });
});
