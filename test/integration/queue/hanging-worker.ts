/** A worker process that starts a conversation and never finishes it; to be killed. Arguments: Redis URL, prefix. */
import { Redis } from 'ioredis';
import pino from 'pino';
import { createConversationWorker } from '../../../src/queue/conversation-worker.ts';

const [url = '', prefix = ''] = process.argv.slice(2);
createConversationWorker({
  connection: new Redis(url, { maxRetriesPerRequest: null }),
  prefix,
  concurrency: 1,
  lockDurationMs: 1_500,
  stalledIntervalMs: 500,
  logger: pino({ level: 'silent' }),
  process: (conversationId) => {
    process.stdout.write(conversationId);
    return new Promise(() => undefined);
  },
});
