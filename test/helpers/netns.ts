// Hosts of a network that the test cuts and heals: a network namespace each, with a link to one of two switches, which are bridges in a namespace
// of their own. Nothing of it touches the machine's own network.
import { execFileSync } from 'node:child_process';
import type { TestContext } from 'vitest';

type Switch = 'left' | 'right';

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] });
}

let networks = 0;

export class TestNetwork {
  private readonly name = `consort-${process.pid}-${++networks}`;

  private constructor(readonly hosts: number) {}

  /** Skips the test where the machine has no such namespaces, or doesn't let us. */
  static make(context: TestContext, hosts: number): TestNetwork {
    const network = new TestNetwork(hosts);
    context.onTestFinished(() => network.remove());
    const reason = network.build();
    context.skip(reason !== undefined, `no network namespaces with links of their own here: ${reason}`);
    return network;
  }

  address(host: number): string {
    return `10.77.0.${host + 1}`;
  }

  /** The command that runs a program at a host. */
  through(host: number): [string, ...string[]] {
    return ['ip', 'netns', 'exec', this.host(host)];
  }

  /** Hosts at the other switch are out of reach. */
  plug(hosts: readonly number[], into: Switch): void {
    for (const host of hosts) ip('-n', this.name, 'link', 'set', port(host), 'master', into);
  }

  /** Its link is dead, as of a host that was switched off. */
  link(host: number, state: 'up' | 'down'): void {
    ip('-n', this.name, 'link', 'set', port(host), state);
  }

  /** Returns why there is none. */
  private build(): string | undefined {
    try {
      ip('netns', 'add', this.name);
      for (const each of ['left', 'right']) {
        ip('-n', this.name, 'link', 'add', each, 'type', 'bridge');
        ip('-n', this.name, 'link', 'set', each, 'up');
      }
      for (let host = 0; host < this.hosts; host++) this.addHost(host);
      return undefined;
    } catch (error) {
      const { stderr, message } = error as Error & { stderr?: Buffer };
      return (stderr?.toString() || message).trim().split('\n')[0];
    }
  }

  private addHost(host: number): void {
    const name = this.host(host);
    ip('netns', 'add', name);
    ip('-n', name, 'link', 'set', 'lo', 'up');
    ip('-n', this.name, 'link', 'add', port(host), 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
    ip('-n', name, 'address', 'add', `${this.address(host)}/24`, 'dev', 'eth0');
    ip('-n', name, 'link', 'set', 'eth0', 'up');
    ip('-n', this.name, 'link', 'set', port(host), 'up', 'master', 'left');
  }

  private host(host: number): string {
    return `${this.name}-${host}`;
  }

  private remove(): void {
    for (const name of [...Array.from({ length: this.hosts }, (_, host) => this.host(host)), this.name]) {
      try {
        ip('netns', 'delete', name);
      } catch {
        // It was never made.
      }
    }
  }
}

function port(host: number): string {
  return `port${host}`;
}
