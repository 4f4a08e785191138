/** The blocks of JavaScript in a document. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../../..');

export interface Block {
  /** Of a whole program, which says so in its first line; undefined: a fragment. */
  readonly program: string | undefined;
  /** Where it begins. */
  readonly line: number;
  readonly source: string;
}

export function blocksOf(document: string): Block[] {
  const text = readFileSync(join(root, document), 'utf8');
  return [...text.matchAll(/^```js\n(.*?)^```$/gms)].map((match) => {
    const source = match[1] as string;
    return {
      program: /^\/\/ (\S+\.mjs)$/m.exec(source.slice(0, source.indexOf('\n')))?.[1],
      line: text.slice(0, match.index).split('\n').length + 1,
      source,
    };
  });
}

/** The source of a whole program. */
export function programOf(document: string, name: string): string {
  const block = blocksOf(document).find(({ program }) => program === name);
  if (block === undefined) throw new Error(`${document} has no ${name}`);
  return block.source;
}
