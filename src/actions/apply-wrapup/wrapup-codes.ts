import { ExpiringMap } from '../../domain/expiring-map.ts';
import { shorten } from '../../domain/shorten.ts';
import type { IdentifiedParticipant } from '../../genesys/resolve-participant.ts';
import type { LiveConversation } from '../live-conversation.ts';
import { StepRefused } from '../step.ts';
import type { ApplyWrapup } from './action.ts';

type AllowedCodes = readonly { readonly id: string; readonly name: string }[];

/**
 * Caches the wrap-up codes that Genesys allows, by queue. If a code is not in the list, the list is fetched again, because the
 * code may be new.
 */
export interface WrapupCodes {
  /**
   * Returns the id of the code given by id or name. Returns it unchanged if Genesys does not list codes for the participant
   * (404).
   * @throws StepRefused `wrapup-code-unknown`, listing the allowed names
   */
  resolve(live: Asked, participant: IdentifiedParticipant, wanted: WantedCode): Promise<string>;
}

export type WantedCode = Pick<ApplyWrapup, 'code' | 'rendered'>;

type Asked = Pick<LiveConversation, 'conversationId' | 'client'>;

/** Enough to see the mistake; a queue can have hundreds. */
const MOST_LISTED = 50;
const REMEMBERED_MS = 5 * 60_000;
/** More queues than a large organisation has. */
const REMEMBERED_QUEUES = 1000;

export function createWrapupCodes(now: () => number = Date.now): WrapupCodes {
  const byQueue = new ExpiringMap<string, AllowedCodes>({ limit: REMEMBERED_QUEUES, ttlMs: REMEMBERED_MS, now });

  async function list({ client, conversationId }: Asked, { id, queueId }: IdentifiedParticipant) {
    const allowed = await client.listWrapupCodes(conversationId, id);
    if (allowed !== null && queueId !== undefined) byQueue.set(queueId, allowed);
    return allowed;
  }

  return {
    async resolve(live, participant, wanted) {
      const { code } = wanted;
      const { queueId } = participant;
      const remembered = findCode((queueId === undefined ? undefined : byQueue.get(queueId)) ?? [], code);
      if (remembered !== null) return remembered;
      const allowed = await list(live, participant);
      if (allowed === null) return code;
      const found = findCode(allowed, code);
      if (found !== null) return found;
      const detail = `${nameOfCode(wanted)} is not allowed here; allowed: ${listNames(allowed)}`;
      throw new StepRefused('wrapup-code-unknown', detail, participant.id);
    },
  };
}

/** How a detail names the code that is wanted. */
export function nameOfCode({ code, rendered }: WantedCode): string {
  return rendered?.includes('code') ? 'the wrap-up code that the rule rendered' : `the wrap-up code ${shorten(code)}`;
}

function listNames(allowed: AllowedCodes): string {
  const names = allowed.slice(0, MOST_LISTED).map(({ name }) => shorten(name));
  const more = allowed.length - names.length;
  return (names.join(', ') || 'none') + (more > 0 ? ` and ${more} more` : '');
}

function findCode(allowed: AllowedCodes, code: string): string | null {
  const byId = allowed.find(({ id }) => id === code);
  const match = byId ?? allowed.find(({ name }) => name.toLowerCase() === code.toLowerCase());
  return match?.id ?? null;
}
