/**
 * What is wrong with a delivery; stable, it is on the wire:
 * - `not-utf8`, `not-json`, `nesting-too-deep`: the body as a whole
 * - `too-many-events`: an array of more than 1,000
 * - `not-an-object`: the body, or an element of its array, is no JSON object
 * - `envelope-unknown`: none of the envelopes we read
 * - `topic-invalid`, `conversation-id-missing`, `conversation-id-invalid`, `time-invalid`: a field of the event
 */
export const ENVELOPE_ERROR_CODES = [
  'not-utf8',
  'not-json',
  'nesting-too-deep',
  'too-many-events',
  'not-an-object',
  'envelope-unknown',
  'topic-invalid',
  'conversation-id-missing',
  'conversation-id-invalid',
  'time-invalid',
] as const;

export type EnvelopeErrorCode = (typeof ENVELOPE_ERROR_CODES)[number];

/** The only error that parsing a delivery throws. The message names what is expected and never quotes the body. */
export class EnvelopeError extends Error {
  override readonly name = 'EnvelopeError';
  readonly code: EnvelopeErrorCode;
  /** Index of the bad event in the array that was sent; `null` when the body is no array. */
  readonly position: number | null;

  constructor(code: EnvelopeErrorCode, message: string, position: number | null = null) {
    super(message);
    this.code = code;
    this.position = position;
  }
}
