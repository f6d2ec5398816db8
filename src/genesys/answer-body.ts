import type { Models } from 'purecloud-platform-client-v2';
import { isObject, type JsonObject } from '../domain/json-object.ts';
import { invalidResponse } from './answer-error.ts';
import type { FetchedConversation } from './genesys-client.ts';
import { type HttpAnswer, headerOf, parseJson } from './http.ts';
import type { Sent } from './sender.ts';

/** Allowed header values: an entity tag, or a version number. */
const VERSION = /^[\x21-\x7e]{1,256}$/;

/** @throws GenesysError `response.invalid` when it is no object with participants; the participants themselves are not checked */
export function readConversation({ answer, requestedAt }: Sent): FetchedConversation {
  const body = parseJson(answer.text);
  if (!isObject(body) || !Array.isArray(body.participants) || !body.participants.every(isObject)) {
    throw invalidResponse('get-conversation', answer, 'a conversation with participants');
  }
  const conversation = body as unknown as Models.Conversation;
  return { conversation, version: versionOf(answer, body), requestedAt };
}

/**
 * The `ETag` as it was sent, including its quotes, else the field `version` as bare text. Genesys documents neither. We assume
 * that a field goes into `If-Match` without quotes.
 */
function versionOf(answer: HttpAnswer, body: JsonObject): string | null {
  const field = typeof body.version === 'number' || typeof body.version === 'string' ? String(body.version) : '';
  const version = headerOf(answer, 'etag') ?? field;
  return VERSION.test(version) ? version : null;
}

/** The attributes that the response contains, if all of them are strings; `null` when it has none. */
export function readAttributes(answer: HttpAnswer): Readonly<Record<string, string>> | null {
  const body = parseJson(answer.text);
  if (!isObject(body) || !isObject(body.attributes)) return null;
  const strings = Object.entries(body.attributes).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return Object.fromEntries(strings);
}

/** A list, or a page of one (`entities`). @throws GenesysError `response.invalid` when it is neither */
export function readWrapupCodes(answer: HttpAnswer): readonly { readonly id: string; readonly name: string }[] {
  const body = parseJson(answer.text);
  const codes = Array.isArray(body) ? body : (body as { entities?: unknown } | null)?.entities;
  if (!Array.isArray(codes)) throw invalidResponse('list-wrapup-codes', answer, 'a list of wrap-up codes');
  return (codes as readonly Partial<Models.WrapupCode>[]).flatMap((code) => {
    return typeof code?.id === 'string' && typeof code.name === 'string' ? { id: code.id, name: code.name } : [];
  });
}

/**
 * The queue of this name in a page of queues: Genesys's filter treats `*` as a wildcard. @throws GenesysError `response.invalid`
 */
export function readQueueId(answer: HttpAnswer, name: string): string | null {
  const body = parseJson(answer.text);
  if (!isObject(body) || !Array.isArray(body.entities)) throw invalidResponse('find-queue', answer, 'a page of queues');
  const queues = body.entities as readonly Partial<Models.Queue>[];
  return queues.find((queue) => queue?.name?.toLowerCase() === name.toLowerCase())?.id ?? null;
}
