/**
 * A process of its own, because 256 MB on the way would hold up the honest deliveries of the test: `PORT COUNT HEADERS BYTES
 * HOLD_MS`. Prints the different statuses; `held` is a body that was still being waited for at the end.
 */
import { connect } from 'node:net';
import { requestText } from '../unit/receiver/request-text.ts';

const [port = '', count = '', headers = '{}', bytes = '', holdMs = ''] = process.argv.slice(2);
const head = requestText('POST', '/webhooks/genesys', { ...JSON.parse(headers), 'content-length': bytes });
const body = Buffer.alloc(Number(bytes) - 1, 'x');

const statusOf = () =>
  new Promise<string>((resolve) => {
    let received = '';
    const socket = connect({ host: '127.0.0.1', port: Number(port) }, () => {
      socket.write(head);
      socket.write(body);
    });
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(received.slice(9, 12) || 'closed'));
    setTimeout(() => {
      resolve('held');
      socket.destroy();
    }, Number(holdMs)).unref();
  });

const statuses = await Promise.all(Array.from({ length: Number(count) }, statusOf));
process.stdout.write(JSON.stringify([...new Set(statuses)].sort()));
