// docs/api.md and docs/errors.md hold tables made from the declarations in the code. After a change there:
//   UPDATE_DOCS=1 npx vitest run test/unit/api/docs.test.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultText, OPTION_NAMES, OPTIONS, type OptionDeclaration, wanted } from '../../../ts/api/option-table.js';
import { ERROR_CODES } from '../../../ts/base/errors.js';
import { PROPERTIES } from '../../../ts/stack/properties.js';

const docs = join(import.meta.dirname, '../../../docs');

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

const tables = {
  options: table(
    ['option', 'takes', 'default', 'what for'],
    OPTION_NAMES.map((name) => {
      const declaration: OptionDeclaration = OPTIONS[name];
      return [`\`${name}\``, wanted(declaration.kind), defaultText(declaration), declaration.sentence];
    }),
  ),
  properties: table(
    ['property', 'available', 'what a group with it has'],
    Object.entries(PROPERTIES).map(([name, { sentence, available }]) => [
      name,
      available ? 'yes' : 'not yet',
      sentence,
    ]),
  ),
  errors: table(
    ['code', 'when', 'what to do'],
    Object.entries(ERROR_CODES).map(([code, { when, remedy }]) => [`\`${code}\``, when, remedy]),
  ),
};

/** A doc with the table between its two marks put in step with the code. */
function inStep(doc: string, name: keyof typeof tables): string {
  const begin = `<!-- ${name}: made by test/unit/api/docs.test.ts -->\n`;
  const end = `\n<!-- end of ${name} -->`;
  const from = doc.indexOf(begin);
  const to = doc.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the marks of ${name} are missing`);
  return doc.slice(0, from + begin.length) + tables[name] + doc.slice(to);
}

describe('the documents', () => {
  it.each([
    ['api.md', 'options'],
    ['api.md', 'properties'],
    ['errors.md', 'errors'],
  ] as const)('%s: the table of %s is in step with the code', (file, name) => {
    const path = join(docs, file);
    const doc = readFileSync(path, 'utf8');
    const right = inStep(doc, name);
    if (process.env.UPDATE_DOCS !== undefined) writeFileSync(path, right);
    else expect(doc).toBe(right);
  });
});
