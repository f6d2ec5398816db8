import { describe, expect, it } from 'vitest';
import { redactFields } from '../../../src/telemetry/redact-fields.ts';

describe('redacting the fields of a log line', () => {
  it('answers a line without secrets as it is', () => {
    const line = { conversationId: 'c-1', outcomes: [{ outcome: 'applied' }], batch: { events: 2 } };
    expect(redactFields(line)).toBe(line);
  });

  it('hides secrets up to two levels deep, and changes nothing of what it was given', () => {
    const line = { token: 't', event: { body: { tier: 'gold' }, id: 'e-1' } };
    expect(redactFields(line)).toEqual({ token: '[redacted]', event: { body: '[redacted]', id: 'e-1' } });
    expect(line).toEqual({ token: 't', event: { body: { tier: 'gold' }, id: 'e-1' } });
  });

  it('leaves objects of a class to their serializers', () => {
    const error = Object.assign(new Error('no'), { headers: 'h' });
    expect(redactFields({ err: error })).toEqual({ err: error });
  });
});
