import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy on loopback that can behave like a bad network. */
export interface FlakyProxy {
  readonly port: number;
  /** Delays every chunk that arrives from now on, in both directions and in order. 0: no delay. */
  delay(delayMs: number): void;
  /** New connections go to this port of loopback; existing connections stay as they are, as behind a name that changes. */
  redirect(port: number): void;
  /** Breaks every connection at both ends; data in transit is lost. Returns how many there were. */
  cut(): number;
  stop(): Promise<void>;
}

/** Forwards connections to `targetPort` on loopback. While nothing listens there, connections are broken at once. */
export async function startFlakyProxy(targetPort: number): Promise<FlakyProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let delayMs = 0;
  let leadsTo = targetPort;
  const server = createServer({ noDelay: true }, (client) => {
    const target = connect({ host: '127.0.0.1', port: leadsTo, noDelay: true });
    const pair = [client, target] as const;
    pairs.add(pair);
    const breakPair = () => {
      pairs.delete(pair);
      for (const socket of pair) socket.destroy();
    };
    for (const socket of pair) socket.on('error', breakPair).on('close', breakPair);
    handOn(client, target, () => delayMs);
    handOn(target, client, () => delayMs);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    const broken = pairs.size;
    for (const pair of pairs) for (const socket of pair) socket.destroy();
    return broken;
  };
  return {
    port: (server.address() as AddressInfo).port,
    delay: (nextDelayMs) => {
      delayMs = nextDelayMs;
    },
    redirect: (port) => {
      leadsTo = port;
    },
    cut,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      cut();
      await closed;
    },
  };
}

/** A chunk never overtakes an earlier one, even if the delay becomes shorter: each timer forwards the oldest chunk. */
function handOn(from: Socket, to: Socket, delayMs: () => number): void {
  const onTheWay: Buffer[] = [];
  from.on('data', (chunk) => {
    if (onTheWay.length === 0 && delayMs() === 0) {
      to.write(chunk);
      return;
    }
    onTheWay.push(chunk);
    setTimeout(() => {
      const oldest = onTheWay.shift();
      if (oldest !== undefined && !to.destroyed) to.write(oldest);
    }, delayMs());
  });
}
