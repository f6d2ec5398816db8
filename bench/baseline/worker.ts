/** The baseline's worker: for each event a GET of the conversation and a PATCH of the customer's attributes. */
import { createServer } from 'node:http';
import { type Job, UnrecoverableError, Worker } from 'bullmq';
import { pino } from 'pino';
import { openPlatform, PlatformAnswer } from './platform.ts';
import { connectRedis, EVENTS, type EventJob, openQueue } from './queue.ts';

const { PORT, REDIS_URL = '', REDIS_PREFIX = '', PLATFORM_URL = '', CLIENT_ID = '', CLIENT_SECRET = '' } = process.env;
const CONCURRENCY = 50;
const logger = pino();
const platform = openPlatform(PLATFORM_URL, CLIENT_ID, CLIENT_SECRET);
const connection = connectRedis(REDIS_URL);
const queue = openQueue(connection, REDIS_PREFIX);

const worker = new Worker<EventJob>(EVENTS, processEvent, {
  connection,
  prefix: REDIS_PREFIX,
  concurrency: CONCURRENCY,
  // Without a limiter BullMQ ignores `rateLimit`; this one never limits by itself.
  limiter: { max: 1_000_000, duration: 1_000 },
});
worker.on('error', (error) => logger.error({ err: error }, 'worker'));
worker.on('failed', (job, error) => logger.warn({ eventId: job?.id, reason: error.message }, 'event failed'));

/** A 429 pauses the whole queue and costs no attempt; what cannot get better is not tried again. */
async function processEvent(job: Job<EventJob>): Promise<void> {
  try {
    await apply(job.data);
    logger.info({ eventId: job.id }, 'event processed');
  } catch (error) {
    if (!(error instanceof PlatformAnswer)) throw error;
    if (error.status === 429) {
      await queue.rateLimit(error.retryAfterMs ?? 1_000);
      throw Worker.RateLimitError();
    }
    if (isFinal(error.status)) throw new UnrecoverableError(error.message);
    throw error;
  }
}

async function apply({ event }: EventJob): Promise<void> {
  const { conversationId, segment, queueId } = event.detail.eventBody;
  const conversation = await platform.getConversation(conversationId);
  const customer = conversation.participants.find(({ purpose, endTime }) => purpose === 'customer' && endTime === undefined);
  if (customer === undefined) throw new UnrecoverableError('no customer in the conversation');
  await platform.patchAttributes(conversationId, customer.id, { segment, lastQueueId: queueId }, conversation.version);
}

function isFinal(status: number): boolean {
  return status < 500 && ![401, 404, 408, 409, 412].includes(status);
}

await worker.waitUntilReady();
createServer((_request, response) => response.end()).listen(Number(PORT), '127.0.0.1');
