import type { Random } from '../chaos/random.ts';

type Damage = (bytes: Buffer, random: Random, tokens: readonly string[]) => Buffer;

const MOST_BYTES = 24;

const DAMAGES: readonly Damage[] = [
  (bytes, random, tokens) => splice(bytes, place(bytes, random), 0, Buffer.from(random.pick(tokens))),
  (bytes, random, tokens) => splice(bytes, place(bytes, random), random.between(1, MOST_BYTES), Buffer.from(random.pick(tokens))),
  (bytes, random) => splice(bytes, place(bytes, random), 0, randomBytes(random)),
  (bytes, random) => splice(bytes, place(bytes, random), random.between(1, MOST_BYTES), randomBytes(random)),
  (bytes, random) => splice(bytes, place(bytes, random), 1, Buffer.from([random.between(0, 255)])),
  (bytes, random) => splice(bytes, place(bytes, random), random.between(1, MOST_BYTES), Buffer.alloc(0)),
  (bytes, random) => bytes.subarray(0, place(bytes, random)),
  repeatPiece,
];

/** The bytes with one to `most` damages: pieces removed, repeated, or replaced by noise or by one of `tokens`. */
export function damageBytes(bytes: Buffer, random: Random, tokens: readonly string[], most = 4): Buffer {
  let damaged = bytes;
  for (let left = random.between(1, most); left > 0; left -= 1) damaged = random.pick(DAMAGES)(damaged, random, tokens);
  return damaged;
}

export function randomBytes(random: Random, most = MOST_BYTES): Buffer {
  return Buffer.from(Array.from({ length: random.between(0, most) }, () => random.between(0, 255)));
}

function place(bytes: Buffer, random: Random): number {
  return random.between(0, bytes.length);
}

function splice(bytes: Buffer, at: number, remove: number, insert: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]);
}

function repeatPiece(bytes: Buffer, random: Random): Buffer {
  const start = place(bytes, random);
  const piece = bytes.subarray(start, start + random.between(1, 200));
  const copies = Array.from({ length: random.between(1, 20) }, () => piece);
  return splice(bytes, place(bytes, random), 0, Buffer.concat(copies));
}
