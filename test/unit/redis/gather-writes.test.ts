import { once } from 'node:events';
import { Writable } from 'node:stream';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { gatherWrites, type Sending } from '../../../src/redis/gather-writes.ts';

interface Connection {
  send(command: string): void;
  /** To everything that was sent. */
  reply(): void;
}

/** A connection whose socket keeps what each write to the operating system held. */
function openConnection(stream: Writable | undefined): Connection {
  const connection = {
    stream,
    commandQueue: [] as string[],
    sendCommand(command: string) {
      connection.commandQueue.push(command);
      stream?.write(command);
      return Promise.resolve(command);
    },
  };
  gatherWrites(connection as unknown as Sending);
  return {
    send: (command) => void connection.sendCommand(command),
    reply: () => void connection.commandQueue.splice(0),
  };
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

it('writes a command at once while no reply is outstanding', () => {
  const { stream, written } = openSocket();
  const { send, reply } = openConnection(stream);
  send('a');
  expect(written).toEqual([['a']]);
  reply();
  send('b');
  expect(written).toEqual([['a'], ['b']]);
});

it('writes the commands of a turn together and in order behind one without a reply, those of the next turn in another write', async () => {
  const { stream, written } = openSocket();
  const { send } = openConnection(stream);
  send('first');
  send('a');
  await Promise.resolve();
  send('b');
  expect(written).toEqual([['first']]);
  await endOfTurn();
  expect(written).toEqual([['first'], ['a', 'b']]);
  send('c');
  await endOfTurn();
  expect(written).toEqual([['first'], ['a', 'b'], ['c']]);
});

it('leaves a socket that ends within the turn, and a connection without a socket, as they are', async () => {
  const { stream, written } = openSocket();
  const { send } = openConnection(stream);
  send('first');
  send('quit');
  stream.end();
  await once(stream, 'finish');
  await endOfTurn();
  expect(written).toEqual([['first'], ['quit']]);
  openConnection(undefined).send('a');
  await endOfTurn();
});
