import type { Conversation, GenesysClient } from '../../src/genesys/genesys-client.ts';

/** What of the organisation planning may ask for. Without a list everything named exists. */
export interface Organisation {
  readonly conversation: Conversation;
  readonly queues?: readonly { readonly id: string; readonly name: string }[] | undefined;
  readonly wrapupCodes?: readonly { readonly id: string; readonly name: string }[] | undefined;
}

/** Answers reads from what a case says. A write is an error of this program. */
export function createOfflineClient({ conversation, queues, wrapupCodes }: Organisation, now: number): GenesysClient {
  return {
    getConversation: async () => ({ conversation, version: null, requestedAt: now }),
    listWrapupCodes: async () => wrapupCodes ?? null,
    queueExists: async (id) => queues === undefined || queues.some((queue) => queue.id === id),
    findQueue: async (name) =>
      queues === undefined ? name : (queues.find((queue) => queue.name.toLowerCase() === name.toLowerCase())?.id ?? null),
    patchAttributes: refuse,
    patchWrapup: refuse,
    postCommunicationWrapup: refuse,
    replaceParticipant: refuse,
  };
}

/** The reads of a client, and no write. */
export function withoutWrites(client: GenesysClient): GenesysClient {
  return {
    ...client,
    patchAttributes: refuse,
    patchWrapup: refuse,
    postCommunicationWrapup: refuse,
    replaceParticipant: refuse,
  };
}

async function refuse(): Promise<never> {
  throw new Error('rules:test writes nothing');
}
