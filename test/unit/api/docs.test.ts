// docs/api.md, docs/groups.md, docs/store.md and docs/errors.md hold tables made from the declarations in the code. After a change there:
//   UPDATE_DOCS=1 npx vitest run test/unit/api/docs.test.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CLIENT_SERVER_OPTIONS } from '../../../ts/api/client-server-options.js';
import { defaultText, OPTIONS, type OptionDeclaration, wanted } from '../../../ts/api/option-table.js';
import { STATE_TRANSFER_OPTIONS } from '../../../ts/api/state-transfer-options.js';
import { ConsortError, ERROR_CODES } from '../../../ts/base/errors.js';
import { PARAM_NAMES, PARAMS } from '../../../ts/stack/params.js';
import { PROPERTIES } from '../../../ts/stack/properties.js';
import { parseProtocol } from '../../../ts/stack/protocol.js';
import { STORE_GROUP_OPTIONS, STORE_OPTIONS } from '../../../ts/store/store-options.js';

const docs = join(import.meta.dirname, '../../../docs');

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

function optionTable(declarations: Record<string, OptionDeclaration>): string {
  return table(
    ['option', 'takes', 'default', 'what for'],
    Object.entries(declarations).map(([name, declaration]) => [
      `\`${name}\``,
      wanted(declaration.kind),
      defaultText(declaration),
      declaration.sentence,
    ]),
  );
}

const tables = {
  options: optionTable(OPTIONS),
  clientServerOptions: optionTable(CLIENT_SERVER_OPTIONS),
  stateTransferOptions: optionTable(STATE_TRANSFER_OPTIONS),
  storeOptions: optionTable(STORE_OPTIONS),
  storeGroupOptions: optionTable(STORE_GROUP_OPTIONS),
  properties: table(
    ['property', 'available', 'what a group with it has'],
    Object.entries(PROPERTIES).map(([name, { sentence, available }]) => [
      name,
      available ? 'yes' : 'not yet',
      sentence,
    ]),
  ),
  params: table(
    ['parameter', 'type', 'default', 'range', 'what for'],
    PARAM_NAMES.map((name) => {
      const { type, default: value, min, max, sentence } = PARAMS[name];
      const unit = type === 'time' ? ' s' : '';
      return [`\`${name}\``, type, `${value}${unit}`, `${min} to ${max}${unit}`, sentence];
    }),
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
  const to = doc.indexOf(end, from);
  if (from < 0 || to < from) throw new Error(`the marks of ${name} are missing`);
  return doc.slice(0, from + begin.length) + tables[name] + doc.slice(to);
}

describe('the documents', () => {
  it.each([
    ['api.md', 'options'],
    ['api.md', 'clientServerOptions'],
    ['api.md', 'stateTransferOptions'],
    ['store.md', 'storeOptions'],
    ['store.md', 'storeGroupOptions'],
    ['groups.md', 'properties'],
    ['groups.md', 'params'],
    ['errors.md', 'errors'],
  ] as const)('%s: the table of %s is in step with the code', (file, name) => {
    const path = join(docs, file);
    const doc = readFileSync(path, 'utf8');
    const right = inStep(doc, name);
    if (process.env.UPDATE_DOCS !== undefined) writeFileSync(path, right);
    else expect(doc).toBe(right);
  });

  it('groups.md: the table of layers has those that a stack may name, in their order', () => {
    const [, lines = ''] =
      /<!-- layers: .*-->\n([\s\S]*)<!-- end of layers -->/.exec(readFileSync(join(docs, 'groups.md'), 'utf8')) ?? [];
    const names = [...lines.matchAll(/^\| (\w+) \| (?:control|order|data) \|/gm)].map(([, name]) => name);
    expect(names).toEqual(knownLayers());
  });
});

/** As the error lists them that an unknown layer gives. */
function knownLayers(): unknown {
  try {
    parseProtocol('Nonsense');
  } catch (error) {
    if (error instanceof ConsortError) return error.details.known;
    throw error;
  }
  throw new Error('there is a layer of the name Nonsense');
}
