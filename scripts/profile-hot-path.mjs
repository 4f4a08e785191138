/**
 * What a message costs on the hot path: a CPU profile and an allocation profile of a sender and of a receiver, each a process of its own, in
 * native mode. Prints Markdown; docs/performance.md holds the output of a run and says how to read it.
 *
 *   node scripts/profile-hot-path.mjs [message bytes, default 64] [thread mode, default multi]
 */
import { fork } from 'node:child_process';
import { Session } from 'node:inspector/promises';
import { fileURLToPath } from 'node:url';
import { GroupMember } from 'consort';

const WARM_UP_MS = 1500;
const MEASURED_MS = 3000;
const ROWS = 9;

const [size = '64', threadMode = 'multi', role] = process.argv.slice(2);

/** A member that counts what it gets and does with it what the benchmarks do: first and last byte. */
class Counter extends GroupMember {
  messages = 0;
  sum = 0;
  room = () => {};

  onReceiveCast(_origin, message) {
    this.sum = (this.sum + message.at(0) + message.at(message.length - 1)) | 0;
    this.messages++;
  }

  onDrain() {
    this.room();
  }
}

async function main() {
  const children = ['sender', 'receiver'].map((name) => fork(fileURLToPath(import.meta.url), [size, threadMode, name]));
  const addresses = await Promise.all(children.map(nextMessage));
  for (const child of children) child.send(addresses);
  const reports = await Promise.all(children.map(nextMessage));
  for (const child of children) child.kill();
  console.log(`One sender, one receiver, messages of ${size} B, native, ${threadMode}-threaded.`);
  for (const report of reports) console.log(`\n${report}`);
}

async function member(name) {
  const self = new Counter({
    groupName: 'profile',
    properties: 'Frag:Flow',
    mode: 'native',
    threadMode,
    address: '127.0.0.1:0',
  });
  await self.open();
  process.send(`127.0.0.1:${self.address.port}`);
  await self.join({ members: await nextMessage(process) });
  if (name === 'sender') castForEver(self);
  await sleep(WARM_UP_MS);
  const session = new Session();
  session.connect();
  await session.post('HeapProfiler.enable');
  await session.post('Profiler.enable');
  const before = self.messages;
  await session.post('HeapProfiler.startSampling', {
    samplingInterval: 512,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  await session.post('Profiler.start');
  await sleep(MEASURED_MS);
  const cpu = (await session.post('Profiler.stop')).profile;
  const heap = (await session.post('HeapProfiler.stopSampling')).profile;
  process.send(describe(name, self.messages - before, cpu, heap));
}

function castForEver(self) {
  const payload = new Uint8Array(Number(size));
  const pump = () => {
    for (let i = 0; i < 8192; i++) {
      if (self.writableNeedDrain) return;
      payload[0] = i;
      self.cast(payload);
      self.messages++;
    }
    setImmediate(pump);
  };
  self.room = pump;
  pump();
}

function describe(name, messages, cpu, heap) {
  const allocated = sumAllocations(heap.head);
  const total = [...allocated.values()].reduce((sum, bytes) => sum + bytes, 0);
  const times = selfTimes(cpu);
  const all = [...times.values()].reduce((sum, time) => sum + time, 0);
  const lines = [
    `**${name}**: ${messages} messages, ${(total / messages).toFixed(3)} bytes of JavaScript heap allocated per message`,
    '',
  ];
  lines.push('| CPU time of the event loop | share |', '|---|---|');
  for (const [where, time] of top(times)) lines.push(`| ${where} | ${((100 * time) / all).toFixed(1)} % |`);
  lines.push('', '| allocated in | bytes per 1,000 messages |', '|---|---|');
  for (const [where, bytes] of top(allocated)) lines.push(`| ${where} | ${((1000 * bytes) / messages).toFixed(2)} |`);
  return lines.join('\n');
}

function selfTimes(profile) {
  const names = new Map(profile.nodes.map((node) => [node.id, label(node.callFrame)]));
  const times = new Map();
  profile.samples.forEach((id, i) => {
    const name = names.get(id);
    times.set(name, (times.get(name) ?? 0) + (profile.timeDeltas[i] ?? 0));
  });
  return times;
}

function sumAllocations(node, into = new Map()) {
  const name = label(node.callFrame);
  into.set(name, (into.get(name) ?? 0) + node.selfSize);
  for (const child of node.children) sumAllocations(child, into);
  return into;
}

function label({ functionName, url }) {
  // V8 knows the addon's functions by one name: that of the class that was defined last.
  if (functionName === 'LimitSocket') return 'the addon, called by `flush`';
  const file = url.split('/').at(-1);
  return `\`${functionName || '(anonymous)'}\`${file ? ` ${file}` : ''}`;
}

function top(map) {
  return [...map]
    .filter(([, value]) => value > 0)
    .sort((a, b) => b[1] - a[1])
    .slice(0, ROWS);
}

function nextMessage(from) {
  return new Promise((resolve) => from.once('message', resolve));
}

function sleep(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

await (role === undefined ? main() : member(role));
