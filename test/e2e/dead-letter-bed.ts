import type { ServiceProcess } from '../../harness/service-process.ts';
import { eventOf, post, type ServiceBed } from './with-service.ts';

export const ADMIN_TOKEN = 'admin-token-of-more-than-16-bytes';

/** The value of the attribute comes from the event, and must be seen nowhere. */
export const HIDDEN_VALUE = 'value-that-nobody-sees';

export const RULES = `
rules:
  - name: tag
    when: { topic: "v2.detail.events.conversation.*.customer.start" }
    target: { purpose: customer }
    actions:
      - setAttributes: { tier: "\${event.body.tier}" }
`;

/** Two calls whose attribute Genesys refuses once; answers their conversations when both are dead letters. */
export async function deadLetterTwo(service: ServiceProcess, { simulator }: ServiceBed): Promise<readonly string[]> {
  simulator.addFault({ call: 'patch-attributes', status: 400, code: 'bad.request', message: 'not like this', times: 2 });
  const ids: string[] = [];
  for (const purpose of ['customer', 'customer']) {
    const { id } = simulator.createConversation({ participants: [{ purpose }] });
    await post(service, eventOf(id, 'customer.start', { tier: HIDDEN_VALUE }));
    await service.waitForLog((line) => line.msg === 'event processed' && line.conversationId === id);
    ids.push(id);
  }
  return ids;
}
