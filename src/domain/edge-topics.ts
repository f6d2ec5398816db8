/**
 * Topics that Genesys does not have: changes that are derived from consecutive snapshots of a conversation. Each change is an
 * event of its own, with the participant that it is about and the snapshot as its body.
 */
export const EDGE_TOPICS = {
  'customer.connected': 'The customer is connected to somebody or something (an IVR, a queue, an agent).',
  'agent.alerting': "The conversation rings at an agent's.",
  'agent.connected': 'An agent answered.',
  'agent.disconnected': 'An agent who was connected left.',
  'acw.started': 'After-call work of an agent began.',
  'acw.ended': 'After-call work of an agent is complete, or was skipped after it had begun.',
  'attributes.changed': 'Attributes of a participant are new or have another value; `event.body.attributes` has these.',
  'conversation.ended': 'The last participant left. After-call work can still be pending.',
} as const;

export type EdgeKind = keyof typeof EDGE_TOPICS;

const TOPIC_START = 'hookpatch.conversation.{id}.';

export function edgeTopic(kind: EdgeKind): string {
  return `${TOPIC_START}${kind}`;
}

export const EDGE_KINDS = Object.keys(EDGE_TOPICS) as readonly EdgeKind[];
