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
  return readWrapupInput(wrapup, 'wrapup');
}

/** `WrapupInput`, which is the whole body of a communication's own call. */
export function readWrapupInput(body: unknown, name = 'body'): Extract<Write, { kind: 'wrapup' }> {
  const { code, notes, tags, durationSeconds } = requireObject(body, name);
  if (typeof code !== 'string' || code === '')
    throw new PlatformError(400, CODES.wrapupCodeRequired, 'A wrap-up code is required.');
  if (notes !== undefined && typeof notes !== 'string') throw invalidValue('notes', 'Wrap-up notes must be a string.');
  if (tags !== undefined && !isTextArray(tags)) throw invalidValue('tags', 'Wrap-up tags must be strings.');
  if (durationSeconds !== undefined && !Number.isInteger(durationSeconds)) {
    throw invalidValue('durationSeconds', 'durationSeconds must be an integer.');
  }
  return {
    kind: 'wrapup',
    code,
    ...(notes !== undefined && { notes }),
    ...(tags !== undefined && { tags }),
    ...(durationSeconds !== undefined && { durationSeconds: durationSeconds as number }),
  };
}

function isTextArray(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

/** The endpoints of a transfer, below the participant's path, and the fields that name the destination. */
export const TRANSFER_ENDPOINTS = {
  'replace/queue': ['queueId'],
  'replace/agent': ['userId'],
  'replace/external': ['address'],
  'replace/contact/external': ['contactId', 'phoneType'],
  transfer: ['address'],
} as const;
export type TransferEndpoint = keyof typeof TRANSFER_ENDPOINTS;

export function readTransfer(endpoint: TransferEndpoint, body: unknown): Extract<Write, { kind: 'transfer' }> {
  const request = requireObject(body, 'body');
  const destination = Object.fromEntries(TRANSFER_ENDPOINTS[endpoint].map((field) => [field, request[field]]));
  for (const [field, value] of Object.entries(destination)) {
    if (typeof value !== 'string' || value === '') throw badRequest(`${field} is required.`);
  }
  const transferType = request.transferType ?? 'Unattended';
  if (transferType !== 'Attended' && transferType !== 'Unattended') {
    throw invalidValue('transferType', 'transferType must be Attended or Unattended.');
  }
  return { kind: 'transfer', destination: destination as TransferDestination, transferType };
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
