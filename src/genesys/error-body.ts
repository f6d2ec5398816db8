import type { Models } from 'purecloud-platform-client-v2';
import { isObject } from '../domain/json-object.ts';
import { type HttpAnswer, parseJson } from './http.ts';

const LONGEST_MESSAGE = 500;
const LONGEST_CODE = 128;
const MOST_PERMISSIONS = 20;

/** `domain:entity:action`, as Genesys names permissions: `conversation:participant:wrapup`. */
const PERMISSION = /\b[a-z][A-Za-z0-9]*(?::[A-Za-z][A-Za-z0-9-]*|:\*){2}/g;

const REGEXP_SYNTAX = /[\\^$.*+?()[\]{}|/]/g;

/** The fields of an error response's body; `null` for each that is missing. */
export interface ParsedErrorBody {
  readonly code: string | null;
  /** One line of at most 500 characters. */
  readonly message: string | null;
  readonly contextId: string | null;
  /** Of a 403 that means a missing permission; `null` for any other. */
  readonly permissions: MissingPermissions | null;
  /** Of a 429 that names the exceeded limit. */
  readonly limit: NamedLimit | null;
  /** Milliseconds that the text of a 429 asks to wait. */
  readonly retryAfterMs: number | null;
}

export interface MissingPermissions {
  /** Empty when Genesys names none. */
  readonly names: readonly string[];
  /** Whether any one of them is enough. */
  readonly anyOf: boolean;
}

/** `ErrorBody.limit`. */
export interface NamedLimit {
  /** For example `client.credentials.token.rate.per.minute`. */
  readonly key: string;
  readonly namespace: string | null;
  readonly value: number | null;
}

/** Codes of a 403 that mean a missing permission. Other 403s have other reasons (a feature, somebody else's conversation). */
const PERMISSION_CODE = /^missing\.(any\.|division\.)?permissions?$/;

/** Genesys's `ErrorBody`, or the OAuth error of RFC 6749, section 5.2. Any field may be missing or of another type. */
type ErrorBody = Partial<Record<keyof Models.ErrorBody | 'error' | 'error_description' | 'description', unknown>>;

/**
 * Reads an error body as far as possible: proxies return HTML, gateways return nothing.
 * @param confidential texts that must not be repeated (the message may contain what we sent)
 */
export function parseErrorBody(text: string, confidential: readonly string[]): ParsedErrorBody {
  return readErrorBody(parseObject(text), confidential);
}

/** The JSON of a response is parsed once, however many look at its error. */
const parsedBodies = new WeakMap<HttpAnswer, ErrorBody>();

/** The same of a response. */
export function errorBodyOf(answer: HttpAnswer, confidential: readonly string[] = []): ParsedErrorBody {
  const known = parsedBodies.get(answer) ?? parseObject(answer.text);
  parsedBodies.set(answer, known);
  return readErrorBody(known, confidential);
}

function readErrorBody(body: ErrorBody, confidential: readonly string[]): ParsedErrorBody {
  const message = firstText(body.message, body.error_description, body.description, body.messageWithParams);
  return {
    code: cleanCode(firstText(body.code, body.error)),
    message: message === null ? null : cleanMessage(redact(message, confidential)),
    contextId: cleanCode(firstText(body.contextId)),
    permissions: permissionsOf(body, confidential),
    limit: limitOf(body.limit),
    retryAfterMs: retryAfterOf(body),
  };
}

function parseObject(text: string): ErrorBody {
  const value = parseJson(text);
  return typeof value === 'object' && value !== null ? value : {};
}

function firstText(...values: unknown[]): string | null {
  return values.find((value): value is string => typeof value === 'string' && value.trim() !== '') ?? null;
}

/** Codes and correlation ids are single words; any other text is rejected. */
export function cleanCode(code: string | null): string | null {
  const trimmed = code?.trim() ?? '';
  return trimmed.length <= LONGEST_CODE && /^[\x21-\x7e]+$/.test(trimmed) ? trimmed : null;
}

function cleanMessage(message: string): string {
  const line = message.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  return line.length > LONGEST_MESSAGE ? `${line.slice(0, LONGEST_MESSAGE - 1).trimEnd()}…` : line;
}

/** Replaces the texts only where they are whole words, so that the value `1` does not spoil every number. */
function redact(message: string, confidential: readonly string[]): string {
  const spellings = confidential.flatMap((text) => [text, JSON.stringify(text).slice(1, -1)]);
  const longestFirst = [...new Set(spellings)].filter((text) => text.trim() !== '').sort((a, b) => b.length - a.length);
  return longestFirst.reduce(
    (result, text) =>
      result.replace(
        new RegExp(`(?<![\\p{L}\\p{N}])${text.replace(REGEXP_SYNTAX, '\\$&')}(?![\\p{L}\\p{N}])`, 'gu'),
        '[redacted]',
      ),
    message,
  );
}

/**
 * Genesys names missing permissions in the message, in `messageParams`, in details or in nested errors; the place varies. A text
 * that we sent can look like a permission, and may be repeated in part or escaped twice. So a match that is part of a sent text
 * does not count.
 */
function permissionsOf(body: ErrorBody, confidential: readonly string[]): MissingPermissions | null {
  const meaning = PERMISSION_CODE.exec(String(body.code));
  if (meaning === null) return null;
  const said = JSON.stringify([body.message, body.messageWithParams, body.messageParams, body.details, body.errors]);
  const named = new Set(redact(said, confidential).match(PERMISSION) ?? []);
  const names = [...named].filter((name) => !confidential.some((text) => text.includes(name))).slice(0, MOST_PERMISSIONS);
  return { names, anyOf: meaning[1] === 'any.' };
}

function limitOf(limit: unknown): NamedLimit | null {
  if (!isObject(limit) || typeof limit.key !== 'string') return null;
  const key = cleanCode(limit.key);
  if (key === null) return null;
  const namespace = typeof limit.namespace === 'string' ? cleanCode(limit.namespace) : null;
  const value = typeof limit.value === 'number' && limit.value > 0 ? limit.value : null;
  return { key, namespace, value };
}

/** "Retry the request in [12] seconds", or the number alone in `messageParams`. */
function retryAfterOf(body: ErrorBody): number | null {
  const texts = [body.message, body.messageWithParams].filter((text) => typeof text === 'string');
  const said = texts.map((text) => /\bin \[?(\d{1,6})\]? second/i.exec(text)?.[1]).find((seconds) => seconds !== undefined);
  const params = isObject(body.messageParams) ? Object.values(body.messageParams) : [];
  const numbers = params.filter((value) => /^\d{1,6}$/.test(String(value)));
  const seconds = said ?? (numbers.length === 1 ? numbers[0] : undefined);
  return seconds === undefined ? null : Number(seconds) * 1000;
}
