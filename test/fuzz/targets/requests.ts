import { METHODS } from 'node:http';
import type { Random } from '../../chaos/random.ts';
import { API_KEY, flatEvent, signatureOf } from '../../unit/receiver/memory-receiver.ts';
import { damageBytes } from '../damage-bytes.ts';
import { serve } from '../raw-request.ts';
import { type FuzzTarget, mustHold } from '../target.ts';

const PATHS = ['/webhooks/genesys', '/conversations/c-1/actions', '/trace-context', '/', '*', '/none', '/admin/x', '/%00'];
const VERSIONS = ['HTTP/1.1', 'HTTP/1.0', 'RTSP/1.0', 'ICE/1.0', 'HTTP/2.0', 'RTSP/2.0', 'HTTP/0.9'];
/** Node's parser has RTSP's and other protocols' methods, and this is what it does not have. */
const OTHER_METHODS = ['PLAY', 'ANNOUNCE', 'DESCRIBE', 'SETUP', 'TEARDOWN', 'RECORD', 'FLUSH', 'BREW', 'post', 'PRI', ''];
const TOKENS = ['\r\n', '\n', '\0', ' ', ':', ';', ',', '\t', 'chunked', '0\r\n\r\n', 'HTTP/1.1', 'é', 'ffffffffffffffff', '-1'];
const KEY_HEADERS = ['Idempotency-Key', 'webhook-id', 'X-Genesys-Delivery', 'idempotency-key'];

interface Delivery {
  readonly id: string;
  readonly body: string;
  readonly headers: readonly string[];
}

/** Signed, or with an API key. Few events have the id of an earlier one, and are duplicates. */
function deliveryOf(random: Random, by: 'signature' | 'api-key' = random.pick(['signature', 'api-key'] as const)): Delivery {
  const id = `e-${random.next()}`;
  const body = JSON.stringify(flatEvent({ eventId: id }));
  const credential = by === 'signature' ? `X-Genesys-Signature: ${signatureOf(body)}` : `X-Api-Key: ${API_KEY}`;
  return { id, body, headers: ['Host: receiver', 'Content-Type: application/json', credential] };
}

function textOf(line: string, headers: readonly string[], body: string): Buffer {
  return Buffer.from(`${[line, ...headers].join('\r\n')}\r\n\r\n${body}`, 'latin1');
}

const damaged = (bytes: Buffer, random: Random) => (random.chance(0.4) ? damageBytes(bytes, random, TOKENS, 2) : bytes);
const show = (bytes: Buffer) => JSON.stringify(bytes.toString('latin1'));

/** Methods of every protocol that Node's parser knows, in requests of each version, to each path. */
export const methods: FuzzTarget = {
  name: 'methods',
  share: 0.01,
  createTrial(random) {
    const { body, headers } = deliveryOf(random);
    const method = random.chance(0.2) ? 'POST' : random.pick([...METHODS, ...OTHER_METHODS]);
    const path = random.chance(0.5) ? '/webhooks/genesys' : random.pick(PATHS);
    const line = `${method} ${path} ${random.chance(0.3) ? 'HTTP/1.1' : random.pick(VERSIONS)}`;
    const bytes = damaged(textOf(line, [...headers, `Content-Length: ${body.length}`], body), random);
    const holds = async () => {
      const { statuses, stored } = await serve(bytes);
      return statuses.includes(202) && stored.length === 1;
    };
    return { holds, show: () => show(bytes) };
  },
};

/** A body that is cut into chunks with sizes of every spelling, right and wrong: it is taken whole, or refused. */
export const chunkSizes: FuzzTarget = {
  name: 'chunk sizes',
  share: 0.02,
  createTrial(random) {
    const by = random.pick(['signature', 'api-key'] as const);
    const { id, body, headers } = deliveryOf(random, by);
    const wrong = random.chance(0.5);
    const framed = [...headers, 'Transfer-Encoding: chunked'];
    const bytes = textOf('POST /webhooks/genesys HTTP/1.1', framed, chunksOf(body, random, wrong));
    const sent = wrong ? damaged(bytes, random) : bytes;
    const holds = async () => {
      const { statuses, stored } = await serve(sent);
      mustHold(wrong || statuses[0] === 202, 'a well-formed delivery is taken, however it is cut');
      mustHold(by === 'api-key' || stored.every((each) => each === id), 'what is stored is the event that was signed');
      return stored.length === 1;
    };
    return { holds, show: () => show(sent) };
  },
};

function chunksOf(body: string, random: Random, wrong: boolean): string {
  let [text, at] = ['', 0];
  while (at < body.length) {
    const length = Math.min(body.length - at, random.chance(0.3) ? 1 : random.between(1, 80));
    text += `${sizeOf(length, random, wrong)}\r\n${body.slice(at, at + length)}\r\n`;
    at += length;
  }
  return `${text}0\r\n${random.chance(0.1) ? 'X-Trailer: x\r\n' : ''}\r\n`;
}

function sizeOf(length: number, random: Random, wrong: boolean): string {
  const hex = length.toString(16);
  if (wrong && random.chance(0.1)) {
    return random.pick(['-1', '0', 'ffffffffffffffff', `0x${hex}`, ` ${hex}`, `${hex};`, 'g', '', `+${hex}`, String(length + 1)]);
  }
  return random.pick([hex, hex.toUpperCase(), `000${hex}`, `${hex};a=b`, `${hex};a="b"`]);
}

/** Key headers of every name and value: those of a signed delivery, which the signature does not cover, change nothing. */
export const keyHeaders: FuzzTarget = {
  name: 'key headers',
  share: 0.02,
  createTrial(random) {
    const by = random.pick(['signature', 'api-key'] as const);
    const { id, body, headers } = deliveryOf(random, by);
    const keyOf = () => damageBytes(Buffer.from(`key-${random.next()}`), random, TOKENS, 2).toString('latin1');
    const keys = KEY_HEADERS.filter(() => random.chance(0.5)).map((name) => `${name}: ${random.chance(0.1) ? '' : keyOf()}`);
    const bytes = textOf('POST /webhooks/genesys HTTP/1.1', [...headers, ...keys, `Content-Length: ${body.length}`], body);
    const holds = async () => {
      const { stored } = await serve(bytes);
      mustHold(by === 'api-key' || stored.every((each) => each === id), 'a header that is not signed is no key');
      for (const each of stored) mustHold(/^[\x20-\x7e]{1,200}$/.test(each), 'an id can stand in a key of the store');
      return stored.length === 1;
    };
    return { holds, show: () => show(bytes) };
  },
};
