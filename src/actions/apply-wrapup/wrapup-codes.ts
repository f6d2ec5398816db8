import { ExpiringMap } from '../../domain/expiring-map.ts';
import type { IdentifiedParticipant } from '../../genesys/resolve-participant.ts';
import type { LiveConversation } from '../live-conversation.ts';
import { StepRefused } from '../step.ts';

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
  resolve(live: Asked, participant: IdentifiedParticipant, code: string): Promise<string>;
}

type Asked = Pick<LiveConversation, 'conversationId' | 'client'>;

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
    async resolve(live, participant, code) {
      const { queueId } = participant;
      const remembered = findCode((queueId === undefined ? undefined : byQueue.get(queueId)) ?? [], code);
      if (remembered !== null) return remembered;
      const allowed = await list(live, participant);
      if (allowed === null) return code;
      const found = findCode(allowed, code);
      if (found !== null) return found;
      const names = allowed.map(({ name }) => name).join(', ') || 'none';
      throw new StepRefused(
        'wrapup-code-unknown',
        `the wrap-up code ${code} is not allowed here; allowed: ${names}`,
        participant.id,
      );
    },
  };
}

function findCode(allowed: AllowedCodes, code: string): string | null {
  const byId = allowed.find(({ id }) => id === code);
  const match = byId ?? allowed.find(({ name }) => name.toLowerCase() === code.toLowerCase());
  return match?.id ?? null;
}
