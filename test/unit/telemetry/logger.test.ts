import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLogger } from '../../../src/telemetry/logger.ts';

function createRecorder(level = 'info') {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger(level, { write: (line) => void lines.push(JSON.parse(line)) });
  return { logger, lines };
}

describe('the logger', () => {
  beforeAll(() => context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
  afterAll(() => context.disable());

  it('writes level, ISO time, service and message as JSON', () => {
    const { logger, lines } = createRecorder();
    logger.info({ conversationId: 'c-1' }, 'event processed');
    expect(lines).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        service: 'hookpatch',
        conversationId: 'c-1',
        msg: 'event processed',
      },
    ]);
  });

  it('adds the ids of the active trace, and none where there is none', () => {
    const { logger, lines } = createRecorder();
    const spanContext = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 };
    context.with(trace.setSpanContext(context.active(), spanContext), () => logger.info('inside'));
    logger.info('outside');
    expect(lines[0]).toMatchObject({ trace_id: spanContext.traceId, span_id: spanContext.spanId });
    expect(lines[1]).not.toHaveProperty('trace_id');
  });

  it('hides what must never be logged, should it be passed all the same', () => {
    const { logger, lines } = createRecorder();
    const secret = 'do-not-print';
    logger.info(
      { headers: { authorization: secret }, genesys: { clientSecret: secret }, token: secret, attributes: { tier: secret } },
      'oops',
    );
    logger.info({ event: { body: { name: secret } } }, 'oops');
    expect(JSON.stringify(lines)).not.toContain(secret);
    expect(lines[0]?.token).toBe('[redacted]');
  });

  it('writes of a request only method and path, and of a reply only the status', () => {
    const { logger, lines } = createRecorder();
    logger.info(
      { req: { method: 'POST', url: '/webhooks/genesys?key=k', headers: { cookie: 'c' } }, res: { statusCode: 202 } },
      'answered',
    );
    expect(lines[0]).toMatchObject({ req: { method: 'POST', path: '/webhooks/genesys' }, res: { status: 202 } });
    expect(JSON.stringify(lines)).not.toMatch(/key=k|cookie/);
  });

  it('writes of an error its kind, message, facts and causes, and nothing else that hangs on it', () => {
    const { logger, lines } = createRecorder();
    const cause = Object.assign(new Error('refused'), { command: { name: 'set', args: ['do-not-print'] } });
    const error = Object.assign(new Error('no Redis', { cause }), {
      code: 'redis.down',
      status: 503,
      options: { headers: 'do-not-print' },
    });
    logger.error({ err: error }, 'failed');
    expect(lines[0]?.err).toMatchObject({
      type: 'Error',
      message: 'no Redis',
      code: 'redis.down',
      status: 503,
      cause: { message: 'refused' },
    });
    expect(JSON.stringify(lines)).not.toContain('do-not-print');
  });

  it('follows a circle of causes only so far', () => {
    const { logger, lines } = createRecorder();
    const error = new Error('again');
    error.cause = error;
    logger.error({ err: error }, 'failed');
    expect(JSON.stringify(lines).match(/"message":"again"/g)).toHaveLength(4);
  });

  it('takes info for a level that it does not know, before the configuration is checked', () => {
    expect(createRecorder('loud').logger.level).toBe('info');
    expect(createRecorder('silent').logger.level).toBe('silent');
  });
});
