import { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createMemoryReceiver } from '../unit/receiver/memory-receiver.ts';
import { mustHold } from './target.ts';

/** What a receiver did with the bytes of one connection. */
export interface Served {
  readonly statuses: readonly number[];
  /** Ids of the events that were stored. */
  readonly stored: readonly string[];
}

const REFUSALS: ReadonlySet<number> = new Set([400, 401, 404, 405, 409, 413, 414, 415, 417, 431]);
/** Of pino. */
const ERROR_LEVEL = 50;

/** Far more turns of the event loop than a request needs; only one that is not complete takes all of them. */
const PATIENCE_TURNS = 30;

const receiver = createMemoryReceiver();
const ready = receiver.app.ready();

/** The whole of the receiver, from Node's parser to a store in memory, on one connection that the sender ends after its bytes. */
export async function serve(bytes: Buffer): Promise<Served> {
  await ready;
  const { app, entries, log, portCalls } = receiver;
  let received = '';
  const connection = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      received += chunk.toString('latin1');
      done();
    },
  });
  const closed = new Promise((resolve) => connection.once('close', resolve));
  app.server.emit('connection', connection);
  connection.push(bytes);
  // At the end of a connection Node gives up the request that is being served.
  for (let turn = 0; turn < PATIENCE_TURNS && received === ''; turn += 1) await nextTurn();
  connection.push(null);
  await closed;
  const statuses = [...received.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status));
  const stored = entries.map(({ id }) => id);
  const errors = log.filter(({ level }) => Number(level) >= ERROR_LEVEL);
  for (const list of [entries, log, portCalls]) list.length = 0;
  mustHold(errors.length === 0, `nobody can cause an error line: ${JSON.stringify(errors)}`);
  for (const status of statuses)
    mustHold(status === 200 || status === 202 || REFUSALS.has(status), `${status} is success, or a refusal`);
  mustHold(stored.length <= statuses.filter((status) => status === 202).length, 'what is stored was accepted');
  return { statuses, stored };
}
