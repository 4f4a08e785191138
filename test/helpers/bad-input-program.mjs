// Joins that must fail, in one process: after each of them nothing may be open.
import { createSocket } from 'node:dgram';
import { GroupMember } from 'consort';
import { countFds, serve } from './program.mjs';

const HOST = '127.0.0.1';

function make(options, more) {
  return new GroupMember({ groupName: 'bad input', memory: 1024 * 1024, ...options, ...more });
}

async function freePort() {
  const socket = createSocket('udp4');
  await new Promise((resolve) => socket.bind(0, HOST, resolve));
  const { port } = socket.address();
  await new Promise((resolve) => socket.close(resolve));
  return port;
}

/** Makes a member at a port of its own and has it join `members(port)`. */
async function joinAt(options, members, more) {
  const port = await freePort();
  return make(options, { address: `${HOST}:${port}`, ...more }).join({ members: members(port) });
}

const attempts = {
  'a port in use': async (options) => {
    const socket = createSocket('udp4');
    await new Promise((resolve) => socket.bind(0, HOST, resolve));
    const address = `${HOST}:${socket.address().port}`;
    const attempt = make(options, { address }).join({ members: [address] });
    return attempt.finally(() => new Promise((resolve) => socket.close(resolve)));
  },
  'an address of no interface': (options) => make(options, { address: '203.0.113.1:0' }).open(),
  'a host name that nobody has': (options) => make(options, { address: 'no-such-host.invalid:0' }).open(),
  'two members at one address': (options) => joinAt(options, (port) => [`${HOST}:${port}`, `${HOST}:9`, `${HOST}:9`]),
  'the member itself twice': (options) => joinAt(options, (port) => [`${HOST}:${port}`, { host: HOST, port }]),
  'a list without the member': (options) => joinAt(options, () => [`${HOST}:9`, `${HOST}:10`]),
  'a member of the other IP version': (options) => joinAt(options, (port) => [`${HOST}:${port}`, '[::1]:9']),
  'a member with an unknown name': (options) =>
    joinAt(options, (port) => [`${HOST}:${port}`, 'no-such-host.invalid:9']),
  'an empty list': (options) => make(options).join({ members: [] }),
  'a list of numbers': (options) => make(options).join({ members: [1, 2] }),
  'too little memory': (options) =>
    joinAt(options, (port) =>
      Array.from({ length: 100 }, (_, i) => ({ host: HOST, port: i === 0 ? port : 1_000 + i })),
    ),
  'a group of multicast that the host is not in': (options) =>
    make(options, { transports: 'DEERING', multicastGroup: '239.1.2.3:0' }).open(),
  'an unknown mode': (options) => make(options, { mode: 'fast' }).open(),
  'an abort during join': async (options) => {
    const abort = new AbortController();
    const port = await freePort();
    const joining = make(options, { address: `${HOST}:${port}` }).join({
      members: [`${HOST}:${port}`],
      signal: abort.signal,
    });
    abort.abort();
    return joining;
  },
  'a close during join': async (options) => {
    const port = await freePort();
    const member = make(options, { address: `${HOST}:${port}` });
    const joining = member.join({ members: [`${HOST}:${port}`] });
    await Promise.all([member.close(), joining]);
  },
};

/** Calls of a member that is alone in its view; the member is closed after each. */
const calls = {
  'a message over maxMessageSize': (member) => member.cast(new Uint8Array(1_001)),
  'a cast of a number': (member) => member.cast(5),
  'a send to an unknown rank': (member) => member.send(3, 'x'),
  'a send to itself': (member) => member.send(0, 'x'),
  'a claim that is too long': (member) => member.claim(1_001),
  'a claim that was never made': (member) => member.publishClaim(1),
  'a second join': (member) => member.join({ members: [String(member.myEndpoint)] }),
};

async function outcomeOf(work) {
  try {
    await work();
    return { code: 'none', message: '' };
  } catch ({ code, message }) {
    return { code, message };
  }
}

let baseline = 0;

async function settled() {
  let fds = countFds();
  for (let same = 0; same < 20; same = countFds() === fds ? same + 1 : 0) {
    fds = countFds();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return fds;
}

serve({
  names: () => [...Object.keys(attempts), ...Object.keys(calls)],

  /** Loads what is loaded once, and counts what stays open then. */
  async warmUp(options) {
    const member = make(options);
    await member.open();
    await member.close();
    baseline = await settled();
  },

  /** The error of an attempt, and how many file descriptors it left open. */
  async attempt(name, options) {
    const outcome = await outcomeOf(async () => {
      if (name in attempts) return attempts[name](options);
      const port = await freePort();
      const member = make(options, { address: `${HOST}:${port}`, maxMessageSize: 1_000 });
      await member.join({ members: [`${HOST}:${port}`] });
      try {
        await calls[name](member);
      } finally {
        await member.close();
      }
    });
    // What is closed is gone in a later turn of the event loop; an aborted join goes on a little.
    for (let i = 0; i < 1_000 && countFds() > baseline; i++) await new Promise((resolve) => setTimeout(resolve, 10));
    return { ...outcome, left: Math.max(0, countFds() - baseline) };
  },
});
