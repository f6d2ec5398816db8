import type { Conversation, Participant } from './genesys-client.ts';
import { connectedAt, isEnded } from './participant-state.ts';

const AGENT_PURPOSES: ReadonlySet<string> = new Set(['agent', 'user']);
const SUPERVISING_ROLES: ReadonlySet<string> = new Set(['monitor', 'coach', 'barge']);

/**
 * Whether the participant only listens to another participant's conversation, coaches its agent, or has barged in. The fields
 * that name that agent show it, because the purpose can be `agent` or `user` `[?]`. `mediaRoles` shows it if the participant
 * never had another role.
 */
export function isSupervising(participant: Participant): boolean {
  const { monitoredParticipantId, coachedParticipantId, bargedParticipantId, mediaRoles } = participant;
  if (monitoredParticipantId || coachedParticipantId || bargedParticipantId) return true;
  return isNonEmpty(mediaRoles) && mediaRoles.every((role) => SUPERVISING_ROLES.has(role.toLowerCase()));
}

function isNonEmpty(roles: readonly string[] | undefined): roles is readonly string[] {
  return roles !== undefined && roles.length > 0;
}

/** An agent, or a user outside of a queue, with a conversation of its own. */
export function isAgent(participant: Participant): boolean {
  return AGENT_PURPOSES.has(participant.purpose?.toLowerCase() ?? '') && !isSupervising(participant);
}

/**
 * Agents whom another agent consults about the caller. Genesys documents `consultParticipantId` as the participant that is being
 * transferred, but it has been seen to name the other agent `[?]`. In both cases the agent who was there first has the caller. An
 * agent who is alone has the caller, whatever the roles were before.
 */
export function consultedAgents(conversation: Conversation): ReadonlySet<Participant> {
  const agents = conversation.participants.filter((participant) => isAgent(participant) && !isEnded(participant));
  const consulted = new Set<Participant>();
  for (const agent of agents) {
    const { consultParticipantId } = agent;
    if (!consultParticipantId) continue;
    const other = agents.find(({ id }) => id === consultParticipantId);
    if (other !== undefined) consulted.add(startedAt(other) < startedAt(agent) ? agent : other);
    else for (const later of laterThanFirst(agents)) consulted.add(later);
  }
  return consulted;
}

function laterThanFirst(agents: readonly Participant[]): readonly Participant[] {
  const first = Math.min(...agents.map(startedAt));
  return agents.filter((agent) => startedAt(agent) > first);
}

/** Epoch milliseconds; a participant whose times are not known comes last. */
function startedAt(participant: Participant): number {
  const started = Date.parse(participant.startTime ?? '');
  return Number.isNaN(started) ? (connectedAt(participant) ?? Number.POSITIVE_INFINITY) : started;
}
