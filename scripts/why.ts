/** `npm run why -- ID`: what became of a conversation, an event or a trace, and why. */
import { parseArgs } from 'node:util';
import { type ConversationRecord, createDesk, type Desk } from '../src/desk/desk.ts';
import { recordText } from '../src/desk/record-text.ts';
import { printableJson } from '../src/domain/printable.ts';
import { createConversationQueue } from '../src/queue/conversation-queue.ts';
import { createDeadLetters } from '../src/queue/dead-letters.ts';
import { createStoryReader } from '../src/story/story-reader.ts';
import { masked } from './masked-dead-letter.ts';
import { type RedisSession, storyDays, withRedis } from './redis-session.ts';

const USAGE = `npm run why -- ID [--json]

  ID   a conversation, an event, a trace (hex, or Datadog's decimal), a correlation id, a participant, or an address

Reads REDIS_URL, REDIS_PREFIX and STORY_DAYS as the service does. Exit code: 0 found, 1 nothing found or Redis is away, 2 called
the wrong way.`;

/** An address can lead to many conversations; the newest are shown. */
const SHOWN = 5;

async function explain(id: string, json: boolean, { connection, prefix, logger }: RedisSession): Promise<boolean> {
  const days = storyDays();
  const stories = createStoryReader({ redis: connection, prefix, days });
  const deadLetters = createDeadLetters({ connection, prefix, logger });
  const queue = createConversationQueue({ connection, prefix, logger });
  try {
    const desk = createDesk({ redis: connection, prefix, stories, deadLetters, queue });
    const found = await desk.find(id);
    const records = await Promise.all(found.slice(0, SHOWN).map((conversationId) => maskedRecord(desk, conversationId)));
    if (json) console.log(printableJson(records));
    else console.log(records.length === 0 ? nothingFound(id, days) : records.map(recordText).join('\n\n'));
    return records.length > 0;
  } finally {
    await Promise.all([deadLetters.close(), queue.close()]);
  }
}

async function maskedRecord(desk: Desk, conversationId: string): Promise<ConversationRecord> {
  const record = await desk.conversation(conversationId);
  return { ...record, deadLetters: record.deadLetters.map(masked) };
}

function nothingFound(id: string, days: number): string {
  if (days === 0) return 'STORY_DAYS is 0: the stories of conversations are not kept.';
  return `Nothing is known of ${id} in the last ${days} days: no event of it came in, or its signature did not verify.
do: look for "request not authenticated" in the log and at the metric hookpatch_deliveries_total; then at the sender.`;
}

async function main(): Promise<void> {
  const options = { json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } } as const;
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  if (values.help) return console.log(USAGE);
  const [id, ...rest] = positionals;
  if (id === undefined || rest.length > 0) {
    console.error(USAGE);
    process.exitCode = 2;
    return;
  }
  if (!(await withRedis((session) => explain(id, values.json, session)))) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  console.error(`why: ${message}`);
  process.exitCode = code?.startsWith('ERR_PARSE_ARGS') ? 2 : 1;
}
