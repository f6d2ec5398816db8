/** The media that the simulator places; each has its own list of communications on a participant. */
export type Media = 'voice' | 'callback' | 'chat' | 'email' | 'message';

/** `Call.state` and its siblings; an open list at Genesys, these are the ones that the simulator moves through. */
export type CommunicationState =
  | 'none'
  | 'alerting'
  | 'dialing'
  | 'contacting'
  | 'offering'
  | 'connected'
  | 'disconnected'
  | 'terminated';

export type AfterCallWorkState = 'unknown' | 'notApplicable' | 'skipped' | 'pending' | 'complete';

/** Immutable: every transition answers a new object, so that a reader never sees half of a change. */
export interface Communication {
  readonly id: string;
  readonly state: CommunicationState;
  readonly direction?: 'inbound' | 'outbound';
  readonly provider?: string;
  readonly startAlertingTime?: string;
  readonly connectedTime?: string;
  readonly disconnectedTime?: string;
  readonly disconnectType?: string;
  readonly afterCallWork?: { readonly state: AfterCallWorkState; readonly startTime?: string; readonly endTime?: string };
  readonly afterCallWorkRequired?: boolean;
}

interface Wrapup {
  readonly code: string;
  readonly notes?: string;
  readonly provisional?: boolean;
  readonly endTime?: string;
}

export type CommunicationList = 'calls' | 'callbacks' | 'chats' | 'emails' | 'messages';

export interface Participant extends Readonly<Partial<Record<CommunicationList, readonly Communication[]>>> {
  readonly id: string;
  readonly purpose: string;
  readonly name?: string;
  readonly startTime: string;
  readonly connectedTime?: string;
  readonly endTime?: string;
  readonly userId?: string;
  readonly queueId?: string;
  readonly address?: string;
  readonly ani?: string;
  readonly dnis?: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly wrapupRequired?: boolean;
  readonly wrapup?: Wrapup;
  readonly startAcwTime?: string;
  readonly endAcwTime?: string;
}

/** One entry of `recentTransfers`. The SDK's `TransferDestination` has `userId` and `address` only: a queue is not named in it. */
export interface RecentTransfer {
  readonly id: string;
  readonly state: string;
  readonly dateIssued: string;
  readonly initiator: { readonly userId?: string };
  readonly destination: { readonly userId?: string; readonly address?: string };
  readonly transferType: string;
}

/** A subset of the official SDK's `Conversation`; the contract test has the compiler check it. */
export interface Conversation {
  readonly id: string;
  readonly startTime: string;
  readonly endTime?: string;
  readonly state?: string;
  readonly participants: readonly Participant[];
  readonly recentTransfers?: readonly RecentTransfer[];
}

const LISTS: Readonly<Record<Media, CommunicationList>> = {
  voice: 'calls',
  callback: 'callbacks',
  chat: 'chats',
  email: 'emails',
  message: 'messages',
};

export function communicationList(media: Media): CommunicationList {
  return LISTS[media];
}

/** The medium that a participant is on, and the communications of it; a participant without any counts as voice. */
export function communicationsOf(participant: Participant): { media: Media; communications: readonly Communication[] } {
  for (const media of Object.keys(LISTS) as Media[]) {
    const communications = participant[LISTS[media]];
    if (communications && communications.length > 0) return { media, communications };
  }
  return { media: 'voice', communications: [] };
}

/** The communication that tells the participant's state: the last one. */
export function currentCommunication(participant: Participant): Communication | null {
  return communicationsOf(participant).communications.at(-1) ?? null;
}

export function isConnected(participant: Participant): boolean {
  return participant.endTime === undefined && currentCommunication(participant)?.state === 'connected';
}

export function findParticipant(conversation: Conversation, participantId: string): Participant | null {
  return conversation.participants.find((participant) => participant.id === participantId) ?? null;
}

/** The participant of that purpose that has not ended, the newest first. */
export function activeParticipant(conversation: Conversation, purpose: string): Participant | null {
  return conversation.participants.findLast((each) => each.purpose === purpose && each.endTime === undefined) ?? null;
}
