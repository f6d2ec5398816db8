import { randomUUID } from 'node:crypto';
import { type Conversation, communicationList, type Media, type Participant } from '../../simulator/conversation.ts';
import { QUEUES } from '../../simulator/queue-directory.ts';
import { type ParticipantSeed, seedConversation } from '../../simulator/seed-conversation.ts';

export interface Placed {
  readonly conversation: Conversation;
  readonly customer: Participant;
  readonly agent: Participant;
}

interface Parties {
  readonly customer?: ParticipantSeed;
  readonly agent?: ParticipantSeed;
}

const OUR_NUMBER = '+13175550100';

/** A connected conversation of a customer with an agent of the queue Support; `parties` writes over what they have. */
export function placeConversation(media: Media, parties: Parties = {}): Placed {
  const connectedTime = new Date(Date.now() - 30_000).toISOString();
  const communications = { [communicationList(media)]: [{ state: 'connected', direction: 'inbound', connectedTime }] };
  const address = media === 'voice' || media === 'callback' ? 'tel:+13175550142' : `caller@example.com`;
  const customer: ParticipantSeed = {
    purpose: 'customer',
    connectedTime,
    address,
    ani: address,
    dnis: OUR_NUMBER,
    ...communications,
    ...parties.customer,
  };
  const agent: ParticipantSeed = {
    purpose: 'agent',
    userId: randomUUID(),
    queueId: QUEUES.support.id,
    connectedTime,
    wrapupRequired: true,
    ...communications,
    ...parties.agent,
  };
  const conversation = seedConversation({ participants: [customer, agent] }, Date.now() - 60_000);
  const [seededCustomer, seededAgent] = conversation.participants;
  if (seededCustomer === undefined || seededAgent === undefined) throw new Error('a placed conversation has two participants');
  return { conversation, customer: seededCustomer, agent: seededAgent };
}
