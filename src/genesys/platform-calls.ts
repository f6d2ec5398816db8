import type { Models } from 'purecloud-platform-client-v2';
import { ATTRIBUTE } from '../telemetry/span-names.ts';
import { readAttributes, readConversation, readQueueId, readWrapupCodes } from './answer-body.ts';
import type { GenesysClient, TransferDestination, WrapupInput, WriteOptions } from './genesys-client.ts';
import { GenesysError, type GenesysStage } from './genesys-error.ts';
import type { HttpMethod } from './http.ts';
import { assertPathId } from './path-id.ts';
import type { GenesysRequest, Sent } from './sender.ts';

/** A request, and the texts in it that no error may repeat. */
export interface PlatformRequest extends GenesysRequest {
  readonly confidential: readonly string[];
}

/** Returns successes only. @throws GenesysError */
export type SendToPlatform = (request: PlatformRequest) => Promise<Sent>;

/** The body types are the official SDK's models, so the compiler checks what we send. */
type Body =
  | Models.ParticipantAttributes
  | Models.MediaParticipantRequest
  | Models.TransferToQueueRequest
  | Models.TransferToAgentRequest
  | Models.TransferToAddressRequest
  | Models.TransferToExternalContactRequest
  | Models.WrapupInput
  | Models.ChannelTopic[]
  | Models.ConversationQuery;

interface Write {
  readonly body: Body;
  readonly version: string | null;
  readonly confidential?: readonly string[];
  readonly spanAttributes?: Readonly<Record<string, string>>;
}

const CONVERSATION = '/api/v2/conversations/{conversationId}';
const PARTICIPANT = `${CONVERSATION}/participants/{participantId}`;

/**
 * The calls, built from requests. Paths are the generic ones: those of a medium (`/conversations/calls/...`) can refuse client
 * credentials.
 */
export function createPlatformCalls(send: SendToPlatform): GenesysClient {
  return {
    async getConversation(conversationId, lane = 'read') {
      const request = platformRequest('get-conversation', 'GET', CONVERSATION, { conversationId });
      return readConversation(await send({ ...request, lane }));
    },
    async patchAttributes(conversationId, participantId, attributes, { version }) {
      const write = { body: { attributes }, version, confidential: Object.values(attributes) };
      const ids = { conversationId, participantId };
      const { answer } = await send(platformRequest('patch-attributes', 'PATCH', `${PARTICIPANT}/attributes`, ids, write));
      return readAttributes(answer);
    },
    async patchWrapup(conversationId, participantId, wrapup, { version }) {
      const write = { body: { wrapup: wrapupBody(wrapup) }, version, ...describeWrapup(wrapup) };
      await send(platformRequest('patch-wrapup', 'PATCH', PARTICIPANT, { conversationId, participantId }, write));
    },
    async postCommunicationWrapup(conversationId, participantId, { medium, id }, wrapup, { version }) {
      const path = `/api/v2/conversations/${medium}/{conversationId}/participants/{participantId}/communications/{communicationId}/wrapup`;
      const ids = { conversationId, participantId, communicationId: id };
      const write = { body: wrapupBody(wrapup), version, ...describeWrapup(wrapup) };
      return send(platformRequest('post-communication-wrapup', 'POST', path, ids, write)).then(() => true, unlessNotFound(false));
    },
    async listWrapupCodes(conversationId, participantId) {
      const ids = { conversationId, participantId };
      return send(platformRequest('list-wrapup-codes', 'GET', `${PARTICIPANT}/wrapupcodes`, ids)).then(
        ({ answer }) => readWrapupCodes(answer),
        unlessNotFound(null),
      );
    },
    async replaceParticipant(conversationId, participantId, destination, transferType, options) {
      await send(replaceRequest({ conversationId, participantId }, destination, transferType, options));
    },
    async queueExists(queueId) {
      return send(platformRequest('get-queue', 'GET', '/api/v2/routing/queues/{queueId}', { queueId })).then(
        () => true,
        unlessNotFound(false),
      );
    },
    async findQueue(name) {
      const query = `?pageSize=100&name=${encodeURIComponent(name.toWellFormed())}`;
      const { answer } = await send(platformRequest('find-queue', 'GET', '/api/v2/routing/queues', {}, undefined, query));
      return readQueueId(answer, name);
    },
  };
}

function wrapupBody({ tags, ...wrapup }: WrapupInput): Models.WrapupInput {
  return tags === undefined ? wrapup : { ...wrapup, tags: [...tags] };
}

function confidentialOf({ notes, tags = [] }: WrapupInput): readonly string[] {
  return notes === undefined ? tags : [notes, ...tags];
}

function describeWrapup(wrapup: WrapupInput): Pick<Write, 'confidential' | 'spanAttributes'> {
  const spanAttributes = wrapup.code === undefined ? {} : { [ATTRIBUTE.wrapupCode]: wrapup.code };
  return { confidential: confidentialOf(wrapup), spanAttributes };
}

/** The address itself is confidential; only its kind is named. */
function describeDestination(destination: TransferDestination): Readonly<Record<string, string>> {
  return {
    [ATTRIBUTE.destinationKind]: destination.kind,
    ...(destination.kind === 'queue' && { [ATTRIBUTE.queueId]: destination.queueId }),
    ...(destination.kind === 'user' && { [ATTRIBUTE.userId]: destination.userId }),
    ...(destination.kind === 'address' && { [ATTRIBUTE.addressKind]: addressKindOf(destination.address) }),
  };
}

/** `tel`, `sip`, ... if the address has a scheme of the closed list; anything else is `other`. */
function addressKindOf(address: string): string {
  const kind = /^(tel|sip|sips|mailto):/i.exec(address)?.[1]?.toLowerCase();
  if (kind !== undefined) return kind;
  return /^\+?[\d\s().-]+$/.test(address) ? 'tel' : address.includes('@') ? 'mailto' : 'other';
}

/** Returns `instead` for a 404, and passes on every other failure. */
function unlessNotFound<T>(instead: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof GenesysError && error.class === 'not-found') return instead;
    throw error;
  };
}

function replaceRequest(
  ids: Readonly<Record<string, string>>,
  destination: TransferDestination,
  transferType: string,
  { version }: WriteOptions,
): PlatformRequest {
  const [endpoint, body] = transferBody(destination, transferType);
  const confidential = destination.kind === 'address' ? [destination.address] : [];
  return platformRequest('replace-participant', 'POST', `${PARTICIPANT}/${endpoint}`, ids, {
    body,
    version,
    confidential,
    spanAttributes: describeDestination(destination),
  });
}

function transferBody(destination: TransferDestination, transferType: string): [endpoint: string, body: Body] {
  switch (destination.kind) {
    case 'queue':
      return ['replace/queue', { queueId: destination.queueId, transferType } satisfies Models.TransferToQueueRequest];
    case 'user':
      return ['replace/agent', { userId: destination.userId, transferType } satisfies Models.TransferToAgentRequest];
    case 'address':
      return ['transfer', { address: destination.address, transferType } satisfies Models.TransferToAddressRequest];
    case 'contact': {
      const { contactId, phoneType } = destination;
      return [
        'replace/contact/external',
        { contactId, phoneType, transferType } satisfies Models.TransferToExternalContactRequest,
      ];
    }
  }
}

/**
 * In the lane of writes: these requests come between a fetch and its write.
 * @param query with its question mark
 */
export function platformRequest(
  stage: GenesysStage,
  method: HttpMethod,
  urlTemplate: string,
  ids: Readonly<Record<string, string>>,
  write?: Write,
  query = '',
): PlatformRequest {
  const path = urlTemplate.replace(/\{(\w+)\}/g, (_, name: string) => assertPathId(stage, name, ids[name] ?? '')) + query;
  const headers: Record<string, string> = {};
  if (write !== undefined) headers['content-type'] = 'application/json';
  if (write?.version != null) headers['if-match'] = write.version;
  const body = write === undefined ? null : JSON.stringify(write.body);
  const { confidential = [], spanAttributes = {} } = write ?? {};
  const conversationId = ids.conversationId ?? null;
  return { stage, lane: 'write', method, path, urlTemplate, headers, body, conversationId, confidential, spanAttributes };
}
