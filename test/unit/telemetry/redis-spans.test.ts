import { tracingChannel } from 'node:diagnostics_channel';
import { context, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { traceRedisCommands } from '../../../src/telemetry/redis-spans.ts';

const exporter = new InMemorySpanExporter();
/** The channel that ioredis announces its commands on. */
const channel = tracingChannel('ioredis:command');
const evalsha = { command: 'evalsha', args: ['a payload'], database: 0, serverAddress: 'redis', serverPort: 6379 };

describe('spans of Redis commands', () => {
  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));
    traceRedisCommands();
  });
  afterAll(() => {
    context.disable();
    trace.disable();
  });
  beforeEach(() => exporter.reset());

  const insideSpan = (work: () => Promise<unknown>) =>
    trace.getTracer('test').startActiveSpan('parent', (span) => work().finally(() => span.end()));
  const redisSpan = () => exporter.getFinishedSpans().find((span) => span.name === 'evalsha');

  it('are children of the active span and hold no argument', async () => {
    await insideSpan(() => channel.tracePromise(async () => 'OK', { ...evalsha }));
    const parent = exporter.getFinishedSpans().find((span) => span.name === 'parent');
    expect(redisSpan()?.parentSpanContext?.spanId).toBe(parent?.spanContext().spanId);
    expect(redisSpan()?.attributes).toEqual({
      'db.system.name': 'redis',
      'db.operation.name': 'evalsha',
      'server.address': 'redis',
      'server.port': 6379,
    });
  });

  it('are failed when the command is', async () => {
    await insideSpan(() =>
      expect(channel.tracePromise(() => Promise.reject(new RangeError('a payload')), { ...evalsha })).rejects.toThrow(),
    );
    expect(redisSpan()?.status).toEqual({ code: SpanStatusCode.ERROR });
    expect(redisSpan()?.attributes['error.type']).toBe('RangeError');
  });

  it('are not made for what runs outside of a trace: blocking waits, lock renewals, stalled checks', async () => {
    await channel.tracePromise(async () => 'OK', { ...evalsha });
    expect(exporter.getFinishedSpans()).toEqual([]);
  });
});
