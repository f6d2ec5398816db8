import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createOutageLogger } from '../../../src/telemetry/diagnostics.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function createRecorder() {
  const written: string[] = [];
  const logger = createOutageLogger((level, message) => written.push(`${level}: ${message}`));
  return { written, logger };
}

const failure = (message: string) => JSON.stringify({ message, stack: `Error: ${message}\n    at somewhere`, name: 'Error' });

describe('the outage logger', () => {
  it('writes one line for batches that fail in different ways, without the stack', () => {
    const { written, logger } = createRecorder();
    logger.error(failure('connect ECONNREFUSED'));
    logger.error(failure('socket hang up'));
    expect(written).toEqual(['error: telemetry is not delivered: connect ECONNREFUSED']);
  });

  it('writes a complaint once when only its numbers change', () => {
    const { written, logger } = createRecorder();
    logger.warn('Dropped 12 spans');
    logger.warn('Dropped 7 spans');
    expect(written).toEqual(['warn: Dropped 12 spans']);
  });

  it('keeps silent while the outage lasts, counts it at its end, and speaks again', () => {
    const { written, logger } = createRecorder();
    for (let minute = 0; minute < 60; minute += 5) {
      logger.error(failure('timeout'));
      vi.advanceTimersByTime(5 * 60_000);
    }
    expect(written).toHaveLength(1);
    vi.advanceTimersByTime(600_000);
    logger.error(failure('timeout'));
    expect(written.slice(1)).toEqual([
      'error: telemetry is not delivered: timeout: more of them than are logged (11)',
      'error: telemetry is not delivered: timeout',
    ]);
  });

  it('keeps a message that only looks like JSON', () => {
    const { written, logger } = createRecorder();
    logger.error('{not json', new Error('boom'));
    expect(written).toEqual(['error: {not json boom']);
  });

  it('passes every debug message on', () => {
    const { written, logger } = createRecorder();
    logger.debug('a', 1);
    logger.info('a', 1);
    expect(written).toEqual(['debug: a 1', 'debug: a 1']);
  });
});
