import { describe, expect, it } from 'vitest';
import { createOutageLogger } from '../../../src/telemetry/diagnostics.ts';

function createRecorder() {
  const written: string[] = [];
  const clock = { now: 0 };
  const logger = createOutageLogger(
    (level, message) => written.push(`${level}: ${message}`),
    () => clock.now,
  );
  return { written, clock, logger };
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

  it('keeps silent as long as the fault goes on, and speaks again when it was gone for ten minutes', () => {
    const { written, clock, logger } = createRecorder();
    for (let minute = 0; minute < 60; minute += 5) {
      clock.now = minute * 60_000;
      logger.error(failure('timeout'));
    }
    expect(written).toHaveLength(1);
    clock.now += 600_001;
    logger.error(failure('timeout'));
    expect(written).toHaveLength(2);
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
