import { hash } from 'node:crypto';
import { canonicalJson } from '../domain/canonical-json.ts';
import type { JsonObject } from '../domain/json-object.ts';

/** Characters that may stand unchanged in a Redis key, a log line and a URL. */
const PLAIN = /^[\x20-\x7e]{1,200}$/;

/** An idempotency key that a sender chose; its SHA-256 when it is too long or holds more than printable ASCII. */
export function idFromKey(key: string): string {
  // As JSON, because UTF-8 has no lone surrogates: keys that differ only in those would get the same digest.
  return PLAIN.test(key) ? key : hash('sha256', JSON.stringify(key));
}

/** For an event that carries no id: the SHA-256 of its canonical JSON. */
export function idFromContent(event: JsonObject): string {
  return hash('sha256', canonicalJson(event));
}
