#!/usr/bin/env node
// As much of a NATS server as the bench needs, for machines without one: CONNECT, SUB, PUB, PING. It loses the message of the number in LOSES, if there is one.
import { createServer } from 'node:net';

const argv = process.argv.slice(2);
if (argv[0] === '--version') {
  console.log('nats-server: v0.0.1');
  process.exit(0);
}
const loses = Number(process.env.LOSES ?? -1);
let published = 0;
/** Sockets by subject. */
const subscribers = new Map();

/** Carries out what is complete in the bytes; returns the rest. */
function carryOut(socket, bytes) {
  for (;;) {
    const end = bytes.indexOf('\r\n');
    if (end < 0) return bytes;
    const words = bytes.toString('latin1', 0, end).split(' ');
    let next = end + 2;
    if (words[0] === 'PING') socket.write('PONG\r\n');
    if (words[0] === 'SUB') subscribers.set(words[1], socket);
    if (words[0] === 'PUB') {
      const length = Number(words[2]);
      if (bytes.length < next + length + 2) return bytes;
      publish(words[1], bytes.subarray(next, next + length));
      next += length + 2;
    }
    bytes = bytes.subarray(next);
  }
}

function publish(subject, payload) {
  if (published++ === loses) return;
  const head = Buffer.from(`MSG ${subject} 1 ${payload.length}\r\n`);
  subscribers.get(subject)?.write(Buffer.concat([head, payload, Buffer.from('\r\n')]));
}

const server = createServer((socket) => {
  let rest = Buffer.alloc(0);
  socket.write('INFO {}\r\n');
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    rest = carryOut(socket, Buffer.concat([rest, chunk]));
  });
});
server.listen(Number(argv[argv.indexOf('--port') + 1]), '127.0.0.1');
