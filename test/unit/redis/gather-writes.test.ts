import { once } from 'node:events';
import { Writable } from 'node:stream';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { gatherWrites, type Sending } from '../../../src/redis/gather-writes.ts';

/** A connection whose socket keeps what each write to the operating system held. */
function openConnection(stream: Writable | undefined): { readonly send: (command: string) => void } {
  const connection = {
    stream,
    sendCommand(command: string) {
      stream?.write(command);
      return Promise.resolve(command);
    },
  };
  gatherWrites(connection as unknown as Sending);
  return { send: (command) => void connection.sendCommand(command) };
}

function openSocket(): { readonly stream: Writable; readonly written: string[][] } {
  const written: string[][] = [];
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk, _encoding, done) => {
      written.push([chunk]);
      done();
    },
    writev: (chunks, done) => {
      written.push(chunks.map(({ chunk }) => chunk));
      done();
    },
  });
  return { stream, written };
}

it('writes the commands of a turn together and in order, those of the next turn in another write', async () => {
  const { stream, written } = openSocket();
  const { send } = openConnection(stream);
  send('a');
  await Promise.resolve();
  send('b');
  expect(written).toEqual([]);
  await endOfTurn();
  expect(written).toEqual([['a', 'b']]);
  send('c');
  await endOfTurn();
  expect(written).toEqual([['a', 'b'], ['c']]);
});

it('leaves a socket that ends within the turn, and a connection without a socket, as they are', async () => {
  const { stream, written } = openSocket();
  const { send } = openConnection(stream);
  send('quit');
  stream.end();
  await once(stream, 'finish');
  await endOfTurn();
  expect(written).toEqual([['quit']]);
  openConnection(undefined).send('a');
  await endOfTurn();
});
