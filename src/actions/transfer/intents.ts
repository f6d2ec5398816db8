import { z } from 'zod';
import type { RedisConnection } from '../../redis/connection.ts';
import { defineScript } from '../../redis/define-script.ts';
import { createKeys } from '../../redis/keys.ts';
import { parseStored } from '../../redis/parse-stored.ts';
import type { Destination } from './evidence.ts';

/** The state before a transfer was sent; kept until the result of the transfer is known. */
export interface TransferIntent {
  /** Epoch milliseconds. */
  readonly recordedAt: number;
  /** The participant to be replaced. */
  readonly participantId: string;
  /** The destination as it was sent. A template that is rendered later can give another one. */
  readonly destination: Destination;
  /** Ids of all participants before the transfer. A participant that is not among them came with the transfer or after it. */
  readonly participantsBefore: readonly string[];
  /** Ids of `recentTransfers` before it. */
  readonly transfersBefore: readonly string[];
  /** Genesys accepted the transfer in its response. */
  readonly accepted: boolean;
}

/** The record of transfers sent. A transfer whose response was lost is looked up and not sent again blindly. */
export interface TransferIntents {
  /**
   * Reading an intent renews its TTL, because the step may be dead-lettered and retried again.
   * @throws Error when it is unreadable
   */
  find(stepId: string): Promise<TransferIntent | null>;
  /**
   * Replaces `previous` (`null`: nothing stored) with `next`. Returns false when something else is stored: then another worker
   * has the step, and the caller must not send.
   */
  swap(stepId: string, previous: TransferIntent | null, next: TransferIntent | null): Promise<boolean>;
}

export interface TransferIntentsOptions {
  readonly redis: RedisConnection;
  readonly prefix: string;
  /** How long an intent is kept; must be longer than a step can wait for its next try, including in its dead letter. */
  readonly ttlSeconds: number;
}

const rendered = z.literal(true).exactOptional();
const destinationSchema: z.ZodType<Destination> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('queue'), queueId: z.string(), rendered }),
  z.object({ kind: z.literal('user'), userId: z.string(), rendered }),
  z.object({ kind: z.literal('address'), address: z.string(), rendered }),
  z.object({ kind: z.literal('contact'), contactId: z.string(), phoneType: z.string(), rendered }),
]);

const intentSchema: z.ZodType<TransferIntent> = z.object({
  recordedAt: z.number(),
  participantId: z.string(),
  destination: destinationSchema,
  participantsBefore: z.array(z.string()),
  transfersBefore: z.array(z.string()),
  accepted: z.boolean(),
});

export function createTransferIntents({ redis, prefix, ttlSeconds }: TransferIntentsOptions): TransferIntents {
  const swap = defineScript(redis, new URL('./swap-intent.lua', import.meta.url));
  const keys = createKeys(prefix);
  const textOf = (intent: TransferIntent | null) => (intent === null ? '' : JSON.stringify(intent));
  return {
    async find(stepId) {
      const text = await redis.getex(keys.transferIntent(stepId), 'EX', ttlSeconds);
      if (text === null) return null;
      const intent = parseStored(intentSchema, text);
      // Treating it as absent would send the transfer a second time.
      if (intent === null) throw new Error('the record of a transfer that was sent is unreadable');
      return intent;
    },
    async swap(stepId, previous, next) {
      return (await swap([keys.transferIntent(stepId)], [textOf(previous), textOf(next), ttlSeconds])) === 1;
    },
  };
}
