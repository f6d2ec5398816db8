import type { Conversation, GenesysClient } from '../genesys/genesys-client.ts';
import type { IdentifiedParticipant } from '../genesys/resolve-participant.ts';
import { StepRefused } from './step.ts';

type AllowedCodes = readonly { readonly id: string; readonly name: string }[];

/** The wrap-up codes that Genesys allows, remembered by queue. */
export interface WrapupCodes {
  /** The id of the code given by id or name. @throws StepRefused `wrapup-code-unknown`, listing the allowed names */
  resolve(client: GenesysClient, conversation: Conversation, participant: IdentifiedParticipant, code: string): Promise<string>;
}

const REMEMBERED_MS = 5 * 60_000;
/** More queues than a large organisation has; what is oldest goes first. */
const REMEMBERED_QUEUES = 1000;

export function createWrapupCodes(now: () => number = Date.now): WrapupCodes {
  const byQueue = new Map<string, { readonly until: number; readonly allowed: AllowedCodes }>();

  async function allowedFor(client: GenesysClient, conversation: Conversation, participant: IdentifiedParticipant) {
    const list = () => client.listWrapupCodes(conversation.id ?? '', participant.id);
    const { queueId } = participant;
    if (queueId === undefined) return list();
    const remembered = byQueue.get(queueId);
    if (remembered !== undefined && remembered.until > now()) return remembered.allowed;
    const allowed = await list();
    byQueue.delete(queueId);
    byQueue.set(queueId, { until: now() + REMEMBERED_MS, allowed });
    const oldest = byQueue.size > REMEMBERED_QUEUES ? byQueue.keys().next().value : undefined;
    if (oldest !== undefined) byQueue.delete(oldest);
    return allowed;
  }

  return {
    async resolve(client, conversation, participant, code) {
      const allowed = await allowedFor(client, conversation, participant);
      const byId = allowed.find(({ id }) => id === code);
      const match = byId ?? allowed.find(({ name }) => name.toLowerCase() === code.toLowerCase());
      if (match !== undefined) return match.id;
      const names = allowed.map(({ name }) => name).join(', ') || 'none';
      throw new StepRefused(
        'wrapup-code-unknown',
        `the wrap-up code ${code} is not allowed here; allowed: ${names}`,
        participant.id,
      );
    },
  };
}
