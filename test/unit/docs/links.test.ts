// Links in the documents lead somewhere: to a file that is there, and to a heading that it has.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './blocks.js';

const documents = [
  ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
].filter((name) => name.endsWith('.md'));

function textOf(document: string): string {
  // What is in blocks of code is no link, and no heading.
  return readFileSync(join(root, document), 'utf8').replace(/^```.*?^```$/gms, '');
}

/** The names that headings are linked by. */
function anchorsOf(document: string): Set<string> {
  return new Set(
    [...textOf(document).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .replaceAll(' ', '-'),
    ),
  );
}

function brokenLinks(document: string, text: string): string[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
    if (/^https?:/.test(target)) return [];
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? document : normalize(join(dirname(document), path));
    if (!existsSync(join(root, file))) return [target];
    return anchor !== undefined && !anchorsOf(file).has(anchor) ? [target] : [];
  });
}

describe('links', () => {
  it.each(documents)('%s: lead somewhere', (document) => {
    expect(brokenLinks(document, textOf(document))).toEqual([]);
  });

  it('that lead nowhere are found', () => {
    const text = '[a](nothing.md) [b](api.md#nothing) [c](api.md#options) [d](https://example.org)';
    expect(brokenLinks('docs/groups.md', text)).toEqual(['nothing.md', 'api.md#nothing']);
  });
});
