import { describe, expect, it } from 'vitest';
import { nearestName } from '../../../src/rules/nearest-name.ts';

const ALLOWED = ['queueId', 'userId', 'address', 'if'];

describe('nearestName', () => {
  it.each([
    ['queueid', 'queueId'],
    ['quueId', 'queueId'],
    ['adress', 'address'],
    ['iff', 'if'],
    ['user', null],
    ['of', 'if'],
    ['topic', null],
    ['', null],
    ['x'.repeat(1_000_000), null],
  ])('of %s', (name, nearest) => {
    expect(nearestName(name, ALLOWED)).toBe(nearest);
  });
});
