/** Results from a file: what they are is looked at before anything in them is believed. */
import { readFileSync } from 'node:fs';
import { SCENARIOS } from './options.js';
import { type BenchReport, SCHEMA, SCHEMA_VERSION } from './results.js';
import { type OldReport, upgradeReport } from './upgrade-results.js';

/** Results, and where they come from. */
export interface ResultsFile {
  /** As the user has named it. */
  readonly name: string;
  readonly report: BenchReport;
}

/** Why there are no results to be had from a name; the text is for the user. */
export class ResultsError extends Error {
  override readonly name = 'ResultsError';

  constructor(
    /** `missing`: there is no such file, or it can't be read. `foreign`: it is something else, or of another version. */
    readonly reason: 'missing' | 'foreign',
    message: string,
  ) {
    super(message);
  }
}

/** @throws ResultsError */
export function readResults(file: string): ResultsFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ResultsError('missing', `${file}: ${reasonOf(error)}; want a file that consort bench --json has written`);
  }
  return { name: file, report: parseResults(text, file) };
}

/** @param name what errors call it. @throws ResultsError */
export function parseResults(text: string, name: string): BenchReport {
  const wanted = `want what consort bench --json writes (schema '${SCHEMA}', version ${SCHEMA_VERSION})`;
  const value = parseObject(text);
  if (value === undefined) throw new ResultsError('foreign', `${name}: is no JSON object, ${wanted}`);
  if (value.schema !== SCHEMA) {
    throw new ResultsError('foreign', `${name}: has the schema ${told(value.schema)}, ${wanted}`);
  }
  const version = value.schemaVersion;
  if (version !== SCHEMA_VERSION && version !== 1) {
    const newer = typeof version === 'number' && version > SCHEMA_VERSION;
    const help = newer ? 'take the version of consort that has written it' : 'measure again';
    throw new ResultsError('foreign', `${name}: has the schema version ${told(version)}, ${wanted}; ${help}`);
  }
  const whole = { ...value, ...partsOf(value) };
  const fault = faultOf(whole);
  if (fault !== undefined) throw new ResultsError('foreign', `${name}: ${fault}, ${wanted}; was it cut off?`);
  return version === 1 ? upgradeReport(whole as unknown as OldReport) : (whole as unknown as BenchReport);
}

type Fields = Readonly<Record<string, unknown>>;

/** Scenarios that were not there yet when it was measured have no results. */
function partsOf(value: Fields) {
  const part = (name: string) => (Array.isArray(value[name]) ? (value[name] as readonly unknown[]) : []);
  return {
    throughput: part('throughput'),
    latency: part('latency'),
    views: part('views'),
    transfer: part('transfer'),
    store: part('store'),
    layers: part('layers'),
    scale: part('scale'),
    soak: part('soak'),
    peers: part('peers'),
    // What was not verified had an error before there was this key.
    verified: value.verified !== false,
  };
}

function faultOf(whole: Fields & ReturnType<typeof partsOf>): string | undefined {
  for (const part of ['options', 'environment']) {
    if (!isObject(whole[part])) return `has no '${part}'`;
  }
  if (typeof whole.startedAt !== 'string') return "has no 'startedAt'";
  for (const part of SCENARIOS) {
    const at = whole[part].findIndex((result) => !(isObject(result) && Array.isArray(result.samples)));
    if (at >= 0) return `has no samples in '${part}', result ${at + 1}`;
  }
  return undefined;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseObject(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function told(value: unknown): string {
  return value === undefined ? 'of nothing' : JSON.stringify(value).slice(0, 40);
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  return code === 'EISDIR' ? 'is a folder' : message;
}
