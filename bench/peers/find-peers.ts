/** Which peers are installed here, in which version; and the one command that would bring those that are not. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import type { PeerState } from '../results.js';
import { PEER_NAMES, PEERS, type PeerDeclaration, type PeerName } from './peer-table.js';
import { loadZeromq } from './zeromq-link.js';

/** Servers lie where users have no path to. */
const MORE_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];
const CPG_HEADER = '/usr/include/corosync/cpg.h';
export const JGROUPS_JAR = '/usr/share/java/jgroups.jar';

/** The file of a program; undefined: there is none. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), ...MORE_FOLDERS];
  return folders.map((folder) => path.join(folder, name)).find(isExecutable);
}

export function findPeers(names: readonly PeerName[]): readonly PeerState[] {
  return names.map((peer) => {
    const found = LOOK[peer]();
    if (typeof found === 'string') return { peer, installed: true, version: found };
    return { peer, installed: false, missing: found.missing, install: installCommands([peer])[0] ?? '' };
  });
}

/** What brings all of them. */
export function installCommands(names: readonly PeerName[] = PEER_NAMES): readonly string[] {
  const declarations: readonly PeerDeclaration[] = names.map((name) => PEERS[name]);
  const packages = [...new Set(declarations.flatMap((each) => each.packages))];
  const npm = declarations.flatMap((each) => each.npm ?? []);
  return [
    ...(packages.length === 0 ? [] : [`apt-get install -y --no-install-recommends ${packages.join(' ')}`]),
    ...(npm.length === 0 ? [] : [`npm install --no-save ${npm.join(' ')}`]),
  ];
}

interface Missing {
  readonly missing: string;
}

/** Each returns the version, or what is missing. */
const LOOK: Readonly<Record<PeerName, () => string | Missing>> = {
  nats: () => versionOf('nats-server', '--version'),
  redis: () => versionOf('redis-server', '--version'),
  zeromq: () => {
    try {
      const { version } = loadZeromq();
      return `libzmq ${version}`;
    } catch {
      return { missing: 'the package zeromq' };
    }
  },
  corosync: () => {
    if (!existsSync(CPG_HEADER)) return { missing: CPG_HEADER };
    if (findProgram('cc') === undefined) return { missing: 'cc' };
    return versionOf('corosync', '-v');
  },
  jgroups: () => {
    if (!existsSync(JGROUPS_JAR)) return { missing: JGROUPS_JAR };
    if (findProgram('javac') === undefined) return { missing: 'javac' };
    return versionOf('java', '-cp', JGROUPS_JAR, 'org.jgroups.Version');
  },
};

function versionOf(name: string, ...question: readonly string[]): string | Missing {
  const program = findProgram(name);
  if (program === undefined) return { missing: name };
  const { stdout, stderr } = spawnSync(program, question, { encoding: 'utf8', timeout: 20_000 });
  return /\d+(\.\d+)+(\.\w+)?/.exec(`${stdout ?? ''} ${stderr ?? ''}`)?.[0] ?? 'of an unknown version';
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
