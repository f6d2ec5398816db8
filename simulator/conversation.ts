/**
 * The media of a conversation, by their lower-case names in detail events. Each has its own list of communications on a
 * participant.
 */
export const MEDIA = ['voice', 'callback', 'chat', 'email', 'message', 'video', 'cobrowse', 'screenshare'] as const;
export type Media = (typeof MEDIA)[number];

/** `Call.state` and its siblings; an open list at Genesys, these are the ones that the simulator moves through. */
export type CommunicationState =
  | 'none'
  | 'alerting'
  | 'dialing'
  | 'contacting'
  | 'offering'
  | 'connected'
  | 'parked'
  | 'disconnected'
  | 'terminated';

export type AfterCallWorkState = 'unknown' | 'notApplicable' | 'skipped' | 'pending' | 'complete';

/** Immutable: every transition returns a new object, so that a reader never sees half of a change. */
export interface Communication {
  readonly id: string;
  readonly state: CommunicationState;
  readonly direction?: 'inbound' | 'outbound';
  readonly provider?: string;
  readonly startAlertingTime?: string;
  readonly connectedTime?: string;
  readonly disconnectedTime?: string;
  readonly disconnectType?: string;
  /** When a message or an email was parked. */
  readonly parkTime?: string;
  /** Set if after-call work is kept at the communication. */
  readonly wrapup?: Wrapup;
  readonly afterCallWork?: { readonly state: AfterCallWorkState; readonly startTime?: string; readonly endTime?: string };
  readonly afterCallWorkRequired?: boolean;
}

/** `WrapupInput`: the assigned code. */
export interface WrapupInput {
  readonly code: string;
  readonly notes?: string;
  readonly tags?: readonly string[];
  readonly durationSeconds?: number;
}

interface Wrapup extends WrapupInput {
  readonly name?: string;
  readonly provisional?: boolean;
  readonly endTime?: string;
}

export type CommunicationList =
  | 'calls'
  | 'callbacks'
  | 'chats'
  | 'emails'
  | 'messages'
  | 'videos'
  | 'cobrowsesessions'
  | 'screenshares';

/** How the agent is asked for a code. `agentRequested`: after-call work only if the agent asks for it. */
export type WrapupPrompt = 'mandatory' | 'optional' | 'agentRequested' | 'timeout' | 'forcedTimeout';

export interface Participant extends Readonly<Partial<Record<CommunicationList, readonly Communication[]>>> {
  readonly id: string;
  readonly purpose: string;
  readonly name?: string;
  readonly startTime: string;
  readonly connectedTime?: string;
  readonly endTime?: string;
  readonly userId?: string;
  readonly queueId?: string;
  readonly externalContactId?: string;
  readonly address?: string;
  readonly ani?: string;
  readonly dnis?: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly wrapupRequired?: boolean;
  readonly wrapupPrompt?: WrapupPrompt;
  readonly wrapup?: Wrapup;
  readonly mediaRoles?: readonly string[];
  /** For a supervisor: the user whom they listen to, coach, or have barged in on. */
  readonly monitoredParticipantId?: string;
  readonly coachedParticipantId?: string;
  readonly bargedParticipantId?: string;
  /** For a member of a consult: the participant that is to be transferred. */
  readonly consultParticipantId?: string;
  readonly startAcwTime?: string;
  readonly endAcwTime?: string;
}

/** One entry of `recentTransfers`. The SDK's `TransferDestination` has `userId` and `address` only, so it names no queue. */
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
  video: 'videos',
  cobrowse: 'cobrowsesessions',
  screenshare: 'screenshares',
};

export function communicationList(media: Media): CommunicationList {
  return LISTS[media];
}

/** The medium of a participant and its communications of that medium; a participant without any counts as voice. */
export function communicationsOf(participant: Participant): { media: Media; communications: readonly Communication[] } {
  for (const media of MEDIA) {
    const communications = participant[LISTS[media]];
    if (communications && communications.length > 0) return { media, communications };
  }
  return { media: 'voice', communications: [] };
}

/** The communication that determines the participant's state: the last one. */
export function currentCommunication(participant: Participant): Communication | null {
  return communicationsOf(participant).communications.at(-1) ?? null;
}

/** The communications of all media, each with its medium. */
export function allCommunications(participant: Participant): readonly { media: Media; communication: Communication }[] {
  return MEDIA.flatMap((media) => (participant[LISTS[media]] ?? []).map((communication) => ({ media, communication })));
}

/** One of its communications is connected, or a message or email of it is parked. */
export function hasCaller(participant: Participant): boolean {
  if (participant.endTime !== undefined) return false;
  return allCommunications(participant).some(({ communication: { state } }) => state === 'connected' || state === 'parked');
}

export function isSupervising({ monitoredParticipantId, coachedParticipantId, bargedParticipantId }: Participant): boolean {
  return [monitoredParticipantId, coachedParticipantId, bargedParticipantId].some((id) => id !== undefined);
}

export function findParticipant(conversation: Conversation, participantId: string): Participant | null {
  return conversation.participants.find((participant) => participant.id === participantId) ?? null;
}

/** The newest participant of that purpose that has not ended; participants who only supervise or are consulted are left out. */
export function activeParticipant(conversation: Conversation, purpose: string): Participant | null {
  return (
    conversation.participants.findLast(
      (each) =>
        each.purpose === purpose && each.endTime === undefined && !isSupervising(each) && each.consultParticipantId === undefined,
    ) ?? null
  );
}
