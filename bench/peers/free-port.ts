/** Ports of the loopback interface that nobody has. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { LOOPBACK } from '../pool/place.js';

const TRIES = 100;

/** The first of `count` ports next to each other. They are free now; whoever is told of them takes them soon. */
export async function freePorts(count = 1): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const servers: Server[] = [];
    try {
      const first = await listen(servers, 0);
      for (let next = 1; next < count; next++) await listen(servers, first + next);
      return first;
    } catch {
      // Somebody has the next one: another place, then.
    } finally {
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    }
  }
  throw new Error(`no ${count} free ports next to each other`);
}

async function listen(servers: Server[], port: number): Promise<number> {
  const server = createServer();
  server.listen(port, LOOPBACK);
  await once(server, 'listening');
  servers.push(server);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a server without a port');
  return address.port;
}
