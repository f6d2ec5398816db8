import { createHash } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';
import type { TransferDestination } from '../genesys/genesys-client.ts';

/** What was known when a transfer was about to be sent; kept until it is known what became of it. */
export interface TransferIntent {
  /** Epoch milliseconds. */
  readonly recordedAt: number;
  /** The participant to be replaced. */
  readonly participantId: string;
  /** Where it was sent: what a template renders later can be something else. */
  readonly destination: TransferDestination;
  /** Ids of all participants before the transfer: one that is not among them came with it or after. */
  readonly participantsBefore: readonly string[];
  /** Ids of `recentTransfers` before it. */
  readonly transfersBefore: readonly string[];
  /** Genesys answered that it accepted the transfer. */
  readonly accepted: boolean;
}

/** The record of transfers sent, so that one whose answer was lost is looked for and not blindly sent again. */
export interface TransferIntents {
  /** Whoever looks has the step before them, and can make a dead letter of it once more: so it is kept as long again. */
  find(stepId: string): Promise<TransferIntent | null>;
  /**
   * Puts `next` in the place of `previous` (`null`: nothing there). False when something else is there:
   * another worker has the step, and the caller must not send.
   */
  swap(stepId: string, previous: TransferIntent | null, next: TransferIntent | null): Promise<boolean>;
}

export interface TransferIntentsOptions {
  readonly redis: Redis | Cluster;
  readonly prefix: string;
  /** How long an intent is kept; must be longer than a step can wait for its next try, in its dead letter too. */
  readonly ttlSeconds: number;
}

/**
 * Input:  KEYS[1] the step's key; ARGV[1] the text expected there, '' for none; ARGV[2] the text to store, '' to delete; ARGV[3] seconds
 * Output: 1 swapped, 0 something else is there
 */
const SWAP = `
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3]) end
return 1`;

export function createTransferIntents({ redis, prefix, ttlSeconds }: TransferIntentsOptions): TransferIntents {
  const keyOf = (stepId: string) => `${prefix}:transfer:${createHash('sha256').update(stepId).digest('base64url')}`;
  const textOf = (intent: TransferIntent | null) => (intent === null ? '' : JSON.stringify(intent));
  return {
    async find(stepId) {
      const text = await redis.getex(keyOf(stepId), 'EX', ttlSeconds);
      return text === null ? null : (JSON.parse(text) as TransferIntent);
    },
    async swap(stepId, previous, next) {
      return (await redis.eval(SWAP, 1, keyOf(stepId), textOf(previous), textOf(next), ttlSeconds)) === 1;
    },
  };
}
