import { describe, expect, it } from 'vitest';
import { logDestination } from '../../../src/telemetry/log-destination.ts';

describe('the destination of log lines', () => {
  it.each([
    ['json', true, false],
    ['json', false, false],
    ['auto', false, false],
    ['auto', true, true],
    ['pretty', false, true],
  ] as const)('%s on a terminal (%s): for people %s', async (format, isTerminal, isForPeople) => {
    expect((await logDestination(format, isTerminal)) !== undefined).toBe(isForPeople);
  });
});
