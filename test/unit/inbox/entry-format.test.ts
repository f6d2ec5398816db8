import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeEntry, encodeEntry } from '../../../src/inbox/entry-format.ts';
import { sampleEntry } from '../../sample-entry.ts';

describe('the stored form of an entry', () => {
  it('gives back what was stored, whatever the vendor put in the body', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), fc.string({ unit: 'binary' }), (body, id) => {
        const sample = sampleEntry('c-1', id);
        const entry = { ...sample, event: { ...sample.event, body: JSON.parse(JSON.stringify(body)) } };
        expect(decodeEntry(encodeEntry(entry))).toEqual(entry);
      }),
    );
  });

  it('begins with the version and the time of receipt, which settle.lua reads', () => {
    expect(encodeEntry(sampleEntry('c-1', 'e-1', { receivedAt: 17 }))).toMatch(/^\{"version":1,"receivedAt":17,/);
  });

  it('throws for no text that begins like version 2', () => {
    const part = fc.oneof(fc.string(), fc.constantFrom(' ', ',', '{}', '\n', 'rule', '17', '{"attempts":1}'));
    fc.assert(
      fc.property(fc.array(part), fc.json(), (header, body) => {
        expect(() => decodeEntry(`2 ${header.join('')}\n${body}`)).not.toThrow();
      }),
    );
  });

  it.each([
    ['no JSON', '{"version":1'],
    ['an unknown version', JSON.stringify({ ...sampleEntry('c-1', 'e-1'), version: 2 })],
    ['no object', '[]'],
    ['null', 'null'],
    ['work of an unknown kind', JSON.stringify({ ...sampleEntry('c-1', 'e-1'), work: { kind: 'other' } })],
    ['no event', JSON.stringify({ ...sampleEntry('c-1', 'e-1'), event: null })],
  ])('is null for %s', (_, text) => {
    expect(decodeEntry(text)).toBeNull();
  });

  it('throws for no text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(() => decodeEntry(text)).not.toThrow();
      }),
    );
  });
});
