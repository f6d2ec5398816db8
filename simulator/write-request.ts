import { CODES, PlatformError } from './error-body.ts';
import type { TransferDestination, Write } from './journal.ts';

type Body = Readonly<Record<string, unknown>>;

/** `{"attributes": {"name": "value"}}`; 400 `invalid.value` for a value that is no string. */
export function readAttributes(body: unknown): Extract<Write, { kind: 'attributes' }> {
  const { attributes } = requireObject(body, 'body');
  const entries = Object.entries(requireObject(attributes, 'attributes'));
  for (const [name, value] of entries) {
    if (typeof value !== 'string') throw invalidValue('attributes', `The value of attribute ${name} must be a string.`);
  }
  return { kind: 'attributes', attributes: Object.fromEntries(entries) as Record<string, string> };
}

/** `{"wrapup": {"code": "<id>", "notes": "..."}}` of a `MediaParticipantRequest`; its other fields are refused, not ignored. */
export function readWrapup(body: unknown): Extract<Write, { kind: 'wrapup' }> {
  const { wrapup, ...others } = requireObject(body, 'body');
  const [unsupported] = Object.keys(others);
  if (unsupported !== undefined) throw badRequest(`The simulator changes only the wrap-up of a participant, not ${unsupported}.`);
  const { code, notes } = requireObject(wrapup, 'wrapup');
  if (typeof code !== 'string' || code === '')
    throw new PlatformError(400, CODES.wrapupCodeRequired, 'A wrap-up code is required.');
  if (notes !== undefined && typeof notes !== 'string') throw invalidValue('notes', 'Wrap-up notes must be a string.');
  return { kind: 'wrapup', code, ...(notes !== undefined && { notes }) };
}

/** The three endpoints `replace/queue`, `replace/agent` and `replace/external`, and the field that each needs. */
const DESTINATION_FIELDS = { queue: 'queueId', agent: 'userId', external: 'address' } as const;
export type ReplaceKind = keyof typeof DESTINATION_FIELDS;

export function readTransfer(kind: ReplaceKind, body: unknown): Extract<Write, { kind: 'transfer' }> {
  const request = requireObject(body, 'body');
  const field = DESTINATION_FIELDS[kind];
  const destination = request[field];
  if (typeof destination !== 'string' || destination === '') throw badRequest(`${field} is required.`);
  const transferType = request.transferType ?? 'Unattended';
  if (transferType !== 'Attended' && transferType !== 'Unattended') {
    throw invalidValue('transferType', 'transferType must be Attended or Unattended.');
  }
  return { kind: 'transfer', destination: { [field]: destination } as unknown as TransferDestination, transferType };
}

function requireObject(value: unknown, name: string): Body {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badRequest(`${name} must be a JSON object.`);
  return value as Body;
}

function badRequest(message: string): PlatformError {
  return new PlatformError(400, CODES.badRequest, message);
}

function invalidValue(fieldName: string, message: string): PlatformError {
  return new PlatformError(400, CODES.invalidValue, message, { messageParams: { fieldName } });
}
