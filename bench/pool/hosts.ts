/**
 * Hosts for the members of a bench: a network namespace each, with one link to a switch, which is a bridge in a namespace of its own. Links have the MTU of
 * Ethernet, 1500. Nothing of it touches the machine's own network, and nothing is left of it: what `remove` has not removed goes when the process ends.
 *
 *   namespace 0: eth0 ── port0 ┐
 *   namespace 1: eth0 ── port1 ┼ bridge (namespace of the switch)
 *   namespace 2: eth0 ── port2 ┘
 */
import { execFileSync } from 'node:child_process';
import { UsageError } from '../usage-error.js';

const MTU_BYTES = 1500;
let networks = 0;

export class Hosts {
  private readonly name = `consort-bench-${process.pid}-${++networks}`;
  private readonly onExit = () => this.remove();

  private constructor(private readonly count: number) {}

  /** @throws UsageError where the machine has no such namespaces, or does not let us */
  static make(count: number): Hosts {
    const hosts = new Hosts(count);
    process.once('exit', hosts.onExit);
    try {
      hosts.build();
      return hosts;
    } catch (error) {
      hosts.remove();
      const { stderr, message } = error as Error & { stderr?: Buffer };
      const reason = (stderr?.toString() || message).trim().split('\n')[0];
      throw new UsageError(
        `--network: no network namespaces with links can be made here (${reason}); ` +
          "want Linux, iproute2's ip and root, or --network loopback",
      );
    }
  }

  /** Where member `host` is. */
  address(host: number): string {
    return `10.78.${host >> 8}.${(host & 255) + 1}`;
  }

  /** What a command that runs at a host begins with. */
  through(host: number): readonly string[] {
    return ['ip', 'netns', 'exec', this.host(host)];
  }

  /** May be called twice. */
  remove(): void {
    process.off('exit', this.onExit);
    for (let host = 0; host < this.count; host++) this.deleteNamespace(this.host(host));
    this.deleteNamespace(this.name);
  }

  private build(): void {
    ip('netns', 'add', this.name);
    ip('-n', this.name, 'link', 'add', 'bridge', 'type', 'bridge');
    ip('-n', this.name, 'link', 'set', 'bridge', 'up');
    for (let host = 0; host < this.count; host++) this.addHost(host);
  }

  private addHost(host: number): void {
    const name = this.host(host);
    const port = `port${host}`;
    const mtu = String(MTU_BYTES);
    ip('netns', 'add', name);
    ip('-n', name, 'link', 'set', 'lo', 'up');
    ip('-n', this.name, 'link', 'add', port, 'mtu', mtu, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
    ip('-n', name, 'address', 'add', `${this.address(host)}/16`, 'dev', 'eth0');
    ip('-n', name, 'link', 'set', 'eth0', 'mtu', mtu, 'up');
    ip('-n', this.name, 'link', 'set', port, 'up', 'master', 'bridge');
  }

  private host(host: number): string {
    return `${this.name}-${host}`;
  }

  private deleteNamespace(name: string): void {
    try {
      ip('netns', 'delete', name);
    } catch {
      // It was never made.
    }
  }
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] });
}
