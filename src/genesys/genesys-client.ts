import type { Models } from 'purecloud-platform-client-v2';
import type { GenesysFailure, GenesysStage } from './genesys-error.ts';
import type { Lane } from './lane.ts';

export type Conversation = Models.Conversation;
export type Participant = Models.Participant;

/** A conversation just fetched, with the version for `If-Match`. */
export interface FetchedConversation {
  readonly conversation: Conversation;
  /** The `ETag` header as sent, or the field `version` as text; `null` when the resource has neither (Genesys documents none). */
  readonly version: string | null;
  /** Epoch milliseconds at which the request was sent: the response contains every older change. */
  readonly requestedAt: number;
}

export interface WriteOptions {
  /** Sent as `If-Match`. */
  readonly version: string | null;
}

export type TransferDestination =
  | { readonly kind: 'queue'; readonly queueId: string }
  | { readonly kind: 'user'; readonly userId: string }
  | { readonly kind: 'address'; readonly address: string }
  | { readonly kind: 'contact'; readonly contactId: string; readonly phoneType: string };

/** The assigned code; the official SDK's model `WrapupInput`. */
export interface WrapupInput {
  readonly code: string;
  readonly notes?: string;
  readonly tags?: readonly string[];
  readonly durationSeconds?: number;
}

/** The path segment of a medium whose communications can be wrapped up one by one. Genesys has none for chats. */
export type WrapupMedium =
  | 'calls'
  | 'callbacks'
  | 'cobrowsesessions'
  | 'emails'
  | 'messages'
  | 'screenshares'
  | 'socials'
  | 'videos';

/** Calls of the Platform API. Every failure is a `GenesysError`, or an `AbortError` once the client is closed. */
export interface GenesysClient {
  /** `lane`: the purpose of the fetch; default `read`. */
  getConversation(conversationId: string, lane?: Lane): Promise<FetchedConversation>;
  /** Returns the attributes from the response, or `null` when the response has no body. */
  patchAttributes(
    conversationId: string,
    participantId: string,
    attributes: Readonly<Record<string, string>>,
    options: WriteOptions,
  ): Promise<Readonly<Record<string, string>> | null>;
  patchWrapup(conversationId: string, participantId: string, wrapup: WrapupInput, options: WriteOptions): Promise<void>;
  /** The code of one communication. `false` when Genesys returns 404: it does not keep codes there. */
  postCommunicationWrapup(
    conversationId: string,
    participantId: string,
    communication: { readonly medium: WrapupMedium; readonly id: string },
    wrapup: WrapupInput,
    options: WriteOptions,
  ): Promise<boolean>;
  /** `null` when Genesys returns 404: it lists no codes for this participant. Codes may still be allowed. */
  listWrapupCodes(
    conversationId: string,
    participantId: string,
  ): Promise<readonly { readonly id: string; readonly name: string }[] | null>;
  replaceParticipant(
    conversationId: string,
    participantId: string,
    destination: TransferDestination,
    transferType: string,
    options: WriteOptions,
  ): Promise<void>;
  /** `false` when Genesys returns 404. */
  queueExists(queueId: string): Promise<boolean>;
  /** The id of the queue of this name, in any case; `null` when there is none. */
  findQueue(name: string): Promise<string | null>;
}

/** One request that was sent for a call; a repeated call has several. */
export interface GenesysCall {
  readonly stage: GenesysStage;
  /** The HTTP status, or without one the kind of failure. */
  readonly status: number | Exclude<GenesysFailure, 'http' | 'rate-limited'>;
  readonly durationMs: number;
  /** Of Genesys; `null` when there was no response. */
  readonly correlationId: string | null;
}

export type GenesysCallObserver = (call: GenesysCall) => void;

/** A client whose requests can be counted for one batch. */
export interface ObservableGenesysClient extends GenesysClient {
  /**
   * The same client (same token, pacing and connections), which reports each request that it sends to `observer`. Token requests
   * are left out, because all conversations share them.
   */
  withObserver(observer: GenesysCallObserver): GenesysClient;
}
