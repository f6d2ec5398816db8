import type { Conversation, GenesysClient } from '../genesys/genesys-client.ts';

/** The conversation of a batch, as the kinds of action see it; the worker's runner provides it. */
export interface LiveConversation {
  readonly conversationId: string;
  readonly client: GenesysClient;
  /** As last fetched. */
  current(): Promise<Conversation>;
  /** Sends a write with the version of a fetch that no write of ours has followed; `null` when there are no versions. */
  write<T>(send: (version: string | null) => Promise<T>): Promise<T>;
  /** Fetches again with growing pauses until `holds`; `false` when it did not within 10 s. @throws GenesysError */
  readBackUntil(holds: (conversation: Conversation) => boolean): Promise<boolean>;
}
