/**
 * Where the servers of peers live: each row has one of its own, on a free port and with a folder of its own, from before its workers start until they have gone. What
 * is still there when the process ends, for whatever reason, ends with it.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Crew } from '../pool/crew.js';
import { LOOPBACK } from '../pool/place.js';
import { findProgram, JGROUPS_JAR } from './find-peers.js';
import { freePorts } from './free-port.js';
import type { PeerPlace } from './peer-end.js';
import { PEER_NAMES, type PeerName } from './peer-table.js';
import { ServerProcess } from './server-process.js';

/** What a peer needs before its ends can be opened. */
interface Preparation {
  readonly place: Omit<PeerPlace, 'host' | 'channel'>;
  readonly server?: ServerProcess;
}

export class PeerHouse {
  private readonly servers = new Set<ServerProcess>();
  private scratch: string | undefined;
  private folders = 0;
  /** Programs that were compiled: commands, by source. */
  private readonly compiled = new Map<string, readonly [string, ...string[]]>();
  private readonly onExit = () => this.close();

  /** A crew with the server that the row needs, if it needs one. */
  async startCrew(kind: string, start: () => Promise<Crew>): Promise<Crew> {
    const peer = PEER_NAMES.find((name) => name === kind);
    if (peer === undefined) return start();
    const { place, server } = await this.prepare(peer);
    const channel = `bench-${randomBytes(6).toString('hex')}`;
    try {
      const crew = await start();
      return {
        ...crew,
        peer: { peer, place: { host: LOOPBACK, channel, ...place }, cpuSeconds: () => server?.cpuSeconds() ?? 0 },
        close: async () => {
          await crew.close();
          await this.stop(server);
        },
      };
    } catch (error) {
      await this.stop(server);
      throw error;
    }
  }

  /** Ends all that is left, at once. */
  close(): void {
    process.off('exit', this.onExit);
    for (const server of this.servers) server.kill();
    this.servers.clear();
    if (this.scratch !== undefined) rmSync(this.scratch, { recursive: true, force: true });
    this.scratch = undefined;
  }

  private prepare(peer: PeerName): Promise<Preparation> {
    return {
      nats: () => this.prepareNats(),
      redis: () => this.prepareRedis(),
      zeromq: async () => ({ place: { port: await freePorts(2) } }),
      corosync: () => this.prepareCorosync(),
      jgroups: () => this.prepareJGroups(),
    }[peer]();
  }

  private async prepareNats(): Promise<Preparation> {
    const port = await freePorts();
    const server = this.launch('nats-server', ['--addr', LOOPBACK, '--port', String(port)]);
    await this.ready(server, () => answers(port));
    return { place: { port }, server };
  }

  private async prepareRedis(): Promise<Preparation> {
    const port = await freePorts();
    // What is under way is bounded by the ends: nobody is to be thrown out for it.
    const limits = ['--client-output-buffer-limit', 'pubsub', '0', '0', '0'];
    const argv = ['--port', String(port), '--bind', LOOPBACK, '--save', '', '--appendonly', 'no', ...limits];
    const server = this.launch('redis-server', argv);
    await this.ready(server, () => answers(port));
    return { place: { port }, server };
  }

  private async prepareCorosync(): Promise<Preparation> {
    const helper = this.compile('cpg-peer.c', (source, folder) => {
      const program = path.join(folder, 'cpg-peer');
      run('cc', '-O2', source, '-o', program, '-lcpg');
      return [program];
    });
    const port = await freePorts();
    const folder = this.folder();
    const configuration = path.join(folder, 'corosync.conf');
    writeFileSync(configuration, corosyncConfiguration(port, folder));
    const environment = { COROSYNC_MAIN_CONFIG_FILE: configuration };
    const server = this.launch('corosync', ['-f'], { folder, environment });
    await this.ready(server, (told) => told.includes('ready to provide service'));
    return { place: { port, helper }, server };
  }

  private async prepareJGroups(): Promise<Preparation> {
    const port = await freePorts();
    const [java, ...classPath] = this.compile('JGroupsPeer.java', (source, folder) => {
      run('javac', '-cp', JGROUPS_JAR, '-d', folder, source);
      return [programOf('java'), '-cp', [JGROUPS_JAR, folder].join(path.delimiter)];
    });
    // Its multicasts stay on this machine, and meet nobody else's.
    const network = ['-Djava.net.preferIPv4Stack=true', `-Djgroups.bind_addr=${LOOPBACK}`, '-Djgroups.udp.ip_ttl=0'];
    const helper = [java, ...network, `-Djgroups.udp.mcast_port=${port}`, ...classPath, 'JGroupsPeer'] as const;
    return { place: { port: 0, helper, extra: 'udp.xml' } };
  }

  private launch(
    name: string,
    argv: readonly string[],
    more: { folder?: string; environment?: NodeJS.ProcessEnv } = {},
  ) {
    const { folder = this.folder(), environment = {} } = more;
    const server = new ServerProcess({ program: programOf(name), argv, folder, environment });
    this.servers.add(server);
    return server;
  }

  private async ready(server: ServerProcess, isReady: (told: string) => boolean | Promise<boolean>): Promise<void> {
    try {
      await server.ready(isReady);
    } catch (error) {
      await this.stop(server);
      throw error;
    }
  }

  private async stop(server: ServerProcess | undefined): Promise<void> {
    if (server === undefined) return;
    await server.stop();
    this.servers.delete(server);
  }

  private folder(): string {
    if (this.scratch === undefined) {
      this.scratch = mkdtempSync(path.join(tmpdir(), 'consort-peers-'));
      process.once('exit', this.onExit);
    }
    const folder = path.join(this.scratch, String(++this.folders));
    mkdirSync(folder);
    return folder;
  }

  private compile(
    name: string,
    build: (source: string, folder: string) => readonly [string, ...string[]],
  ): readonly [string, ...string[]] {
    const command = this.compiled.get(name) ?? build(helperSource(name), this.folder());
    this.compiled.set(name, command);
    return command;
  }
}

/** One node, whose daemon both ends talk to; it needs no real-time priority for that. */
function corosyncConfiguration(port: number, folder: string): string {
  return `totem {
  version: 2
  cluster_name: consort-bench
  transport: udpu
  crypto_cipher: none
  crypto_hash: none
  interface {
    ringnumber: 0
    bindnetaddr: ${LOOPBACK}
    mcastport: ${port}
  }
}
nodelist {
  node {
    ring0_addr: ${LOOPBACK}
    nodeid: 1
  }
}
logging {
  to_stderr: yes
  to_syslog: no
}
system {
  state_dir: ${folder}
  sched_rr: no
  move_to_root_cgroup: no
}
`;
}

/** Sources are not compiled with the package: they lie in its folder, wherever this file was compiled to. */
function helperSource(name: string): string {
  for (let folder = path.dirname(fileURLToPath(import.meta.url)); ; folder = path.dirname(folder)) {
    const source = path.join(folder, 'bench', 'peers', 'helpers', name);
    if (existsSync(source)) return source;
    if (folder === path.dirname(folder)) throw new Error(`${name} is not in this package`);
  }
}

function programOf(name: string): string {
  const program = findProgram(name);
  if (program === undefined) throw new Error(`there is no ${name} here`);
  return program;
}

/** @throws Error with what it has said */
function run(name: string, ...argv: readonly string[]): void {
  try {
    execFileSync(name, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: Buffer };
    throw new Error(`${name} failed: ${(stderr?.toString() || message).trim()}`);
  }
}

/** Whether a server takes connections. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, LOOPBACK);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
