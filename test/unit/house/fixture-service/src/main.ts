/** Stands in for the service in the test of `startService`: listens, becomes ready at the second question, or refuses. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const log = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

if (process.env.REFUSE !== undefined) {
  process.stderr.write('REDIS_URL: required\n');
  process.exit(2);
}
let questions = 0;
const server = createServer((_, response) => {
  questions += 1;
  response.writeHead(questions > 1 ? 200 : 503).end();
  if (questions > 1) log({ msg: 'asked', registered: process.env.REGISTERED, env: Object.keys(process.env).sort() });
});
server.listen(0, '0.0.0.0', () => {
  log({ msg: 'listening', address: `http://0.0.0.0:${(server.address() as AddressInfo).port}` });
});
process.once('SIGTERM', () => {
  log({ msg: 'stopping' });
  server.close();
  server.closeAllConnections();
});
