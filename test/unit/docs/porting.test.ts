// docs/porting.md has a row for every identifier of the seed documents (seed-identifiers.json, made from them), and what its rows name on our side is there.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ClientServerView, clientServerView } from '../../../ts/api/client-server-view.js';
import { groupViewData } from '../../../ts/api/view.js';
import { JOINING } from '../../../ts/client-server/automaton.js';
import { CLIENT } from '../../../ts/client-server/roles.js';
import { SAFETIES, TRANSFER_TYPES } from '../../../ts/client-server/safety.js';
import type { ClientServerState, SendView } from '../../../ts/index.js';
import * as consort from '../../../ts/index.js';
import { PROPERTIES } from '../../../ts/stack/properties.js';
import seeds from './seed-identifiers.json' with { type: 'json' };

const root = join(import.meta.dirname, '../../..');
const text = (path: string) => readFileSync(join(root, path), 'utf8');

interface Row {
  readonly section: string;
  readonly theirs: string;
  readonly ours: string;
}

/** The rows of all tables, with the heading that they are under. */
function rowsOf(markdown: string): Row[] {
  const rows: Row[] = [];
  let section = '';
  for (const line of markdown.split('\n')) {
    section = /^## (.*)$/.exec(line)?.[1] ?? section;
    const [, theirs, ours] = /^\| (.*?) \| (.*) \|$/.exec(line) ?? [];
    if (theirs !== undefined && ours !== undefined && !/^(Maestro|Ceph)(, Horus)?$/.test(theirs))
      rows.push({ section, theirs, ours });
  }
  return rows;
}

/** What is written as code. */
function codeOf(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code as string);
}

/** A name alone: without its arguments, and without `new` and `await`. */
function nameOf(code: string): string {
  return code.replace(/\(.*$/s, '').replace(/^(new|await) /, '');
}

const classes = [
  consort.GroupMember,
  consort.ClientServerMember,
  consort.ClientServer,
  consort.StateTransferServer,
  consort.Message,
  consort.EndpointList,
  consort.Endpoint,
];
const membersOf = (it: object) => Object.getOwnPropertyNames(it).filter((name) => name !== 'constructor');
const methods = new Set(classes.flatMap((each) => membersOf(each.prototype)));
const statics = new Set(classes.flatMap((each) => membersOf(each).map((name) => `${each.name}.${name}`)));
const exported = new Set([
  ...Object.keys(consort),
  // Types leave nothing behind at run time: the file that exports them names them.
  ...[...text('ts/index.ts').matchAll(/\b[A-Z]\w+/g)].map(([name]) => name),
]);
const options = new Set(
  [consort.OPTIONS, consort.CLIENT_SERVER_OPTIONS, consort.STATE_TRANSFER_OPTIONS].flatMap((each) => Object.keys(each)),
);
/** Of calls: what joins, casts and sends take besides. */
const callOptions = new Set(['contactName', 'message', 'safety', 'destinations']);
const events = new Set(["'error'"]);
const commands = new Set(
  [...text('ts/cli/groupd-command.ts').matchAll(/new Command\('(\w+)/g)].map(([, name]) => `consort ${name}`),
);

const states = [
  'joining',
  'client-normal',
  'becoming-server',
  'server-xfer',
  'server-xfer-done',
  'server-normal',
] as const satisfies readonly ClientServerState[];
const sendViews = ['current', 'next', 'unspecified'] as const satisfies readonly SendView[];
const values = new Set(
  [
    ...TRANSFER_TYPES,
    ...SAFETIES,
    ...states,
    ...sendViews,
    ...consort.CLIENT_SERVER_OPTIONS.membership.kind.choices,
    ...consort.OPTIONS.threadMode.kind.choices,
  ].map((value) => `'${value}'`),
);

/** A view as members get it. */
function aView(): ClientServerView {
  const me = new consort.Endpoint('127.0.0.1', 4000, 1);
  const state = {
    groupName: 'demo',
    protocol: 'Top',
    params: '',
    id: { time: 1, coordinator: me },
    members: [me],
    previous: [],
    primary: false,
    message: new Uint8Array(0),
  };
  const mine = { standing: JOINING, oldState: JOINING.state, wants: undefined };
  return clientServerView(groupViewData(state, 0, undefined), [CLIENT], mine, undefined);
}
const fields = new Set(Object.keys(aView()));

/** Whether there is what a table of this section names on our side. */
function isThere(section: string, code: string): boolean {
  const name = nameOf(code);
  if (section === 'View data') return fields.has(name) || name === 'onAcceptedView' || known(code, name);
  if (section === 'Options') return options.has(name) || known(code, name);
  if (section === 'Properties') return name in PROPERTIES || known(code, name);
  return known(code, name) || options.has(name) || callOptions.has(name) || name in PROPERTIES;
}

function known(code: string, name: string): boolean {
  if (!argumentsAreThere(code)) return false;
  if (/^view\.\w+$/.test(code)) return fields.has(code.slice('view.'.length));
  if (/^(message)\.\w+$/.test(name)) return methods.has(name.slice('message.'.length));
  if (/^ERR_/.test(code)) return code in consort.ERROR_CODES;
  return (
    [exported, statics, values, events, commands].some((each) => each.has(code) || each.has(name)) ||
    (methods.has(name) && (code.includes('(') || isAccessor(name))) ||
    ['Map', 'await using', 'code'].includes(code)
  );
}

/** `isWritable`, `serverState`: what is read, not called. */
function isAccessor(name: string): boolean {
  return classes.some((each) => Object.getOwnPropertyDescriptor(each.prototype, name)?.get !== undefined);
}

/** Of `cast(payload, { safety })`: what is in braces. */
function argumentsAreThere(code: string): boolean {
  const [, inside = ''] = /\{ (.*) \}/.exec(code) ?? [];
  return inside
    .split(', ')
    .filter((name) => name !== '')
    .every((name) => callOptions.has(name));
}

describe('docs/porting.md', () => {
  const rows = rowsOf(text('docs/porting.md'));

  describe.each(Object.entries(seeds))('the document on %s', (_, kinds) => {
    it.each(Object.entries(kinds))('%s: each has a row', (kind, identifiers) => {
      const section = { Operators: 'Messages', Ceph: "Ceph's monitors" }[kind] ?? kind;
      const there = new Set<string>();
      for (const row of rows) {
        if (row.section !== section) continue;
        for (const code of codeOf(row.theirs)) {
          there.add(nameOf(code));
          for (const operator of code.matchAll(/<<|>>|\+=/g)) there.add(operator[0]);
        }
      }
      expect(identifiers.filter((identifier) => !there.has(identifier))).toEqual([]);
    });
  });

  it.each([...new Set(rows.map(({ section }) => section))])('%s: what it names on our side is there', (section) => {
    const named = rows.filter((row) => row.section === section).flatMap(({ ours }) => codeOf(ours));
    expect(named.filter((code) => !isThere(section, code))).toEqual([]);
  });

  it('has tables, and the check finds what is not there', () => {
    expect(rows.length).toBeGreaterThan(100);
    for (const code of [
      'onNothing()',
      "'nothing'",
      'view.nothing',
      'Nothing',
      'ERR_NOTHING',
      'cast(payload, { nothing })',
    ]) {
      expect(isThere('Calls', code), code).toBe(false);
    }
    expect(isThere('View data', 'startXfer')).toBe(false);
    expect(isThere('Options', 'programName')).toBe(false);
  });
});
