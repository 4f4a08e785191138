// A process with discovery of the compiled package, and with a socket that stands for the plane's.
import { createSocket } from 'node:dgram';
import { parseDiscovery } from '../../dist/ts/discovery/choose.js';
import { BroadcastDirectory } from '../../dist/ts/discovery/directory.js';
import { openDiscovery } from '../../dist/ts/discovery/open.js';
import { serve } from './program.mjs';

const socket = createSocket('udp4');
const received = [];
const errors = [];
let discovery;
let directory;
socket.on('message', (bytes) => received.push(bytes.toString()));
await new Promise((resolve) => socket.bind(0, '127.0.0.1', resolve));

const context = {
  key: '',
  address: { host: '127.0.0.1', port: socket.address().port },
  sendTo: (to, bytes) => socket.send(bytes, to.port, to.host),
  receive: (bytes) => received.push(new TextDecoder().decode(bytes)),
  report: ({ code, message }) => errors.push({ code, message }),
};

serve({
  port: () => context.address.port,
  async open(option, groupName) {
    discovery = await openDiscovery(parseDiscovery(option), { ...context, groupName });
  },
  announce: (text) => discovery.announce(Buffer.from(text)),
  heard: () => ({ received, errors }),
  async openDirectory(option) {
    directory = await BroadcastDirectory.open(parseDiscovery(option), context);
  },
  register: (name, address) => directory.register(name, address),
  lookup: (name) => directory.lookup(name),
  /** What is left that would keep this process alive, beside the channel to the test. */
  async close() {
    await Promise.all([discovery?.close(), directory?.close()]);
    await new Promise((resolve) => socket.close(resolve));
    // A closed handle is gone with the next turn.
    await new Promise((resolve) => setTimeout(resolve, 1));
    return process.getActiveResourcesInfo().filter((each) => each.startsWith('UDP') || each === 'Timeout');
  },
});
