import { signDelivery } from '../simulator/sign-delivery.ts';
import { placeConversation } from './calls/place-conversation.ts';
import type { Stage } from './stage.ts';

/** A shell command that sends `body`, signed. Nothing in `body` may hold a single quote. */
export function curlCommand(url: string, secret: string, body: string): string {
  const headers = { 'Content-Type': 'application/json', ...signDelivery(secret, body) };
  const options = Object.entries(headers).map(([name, value]) => `-H '${name}: ${value}'`);
  return `curl -sS '${url}' ${options.join(' ')} -d '${body}'`;
}

/** For `--keep`: where everything is, and an event to send by hand, for a conversation that waits for it. */
export function invitation({ redis, simulator, service, webhookUrl, secret }: Stage): string {
  const { id } = simulator.createConversation(placeConversation('voice').conversation);
  const event = { topicName: `v2.detail.events.conversation.${id}.customer.start`, conversationId: id, mediaType: 'VOICE' };
  return `Everything stays up. Ctrl-C ends it and leaves nothing behind.

  service    ${service.url}  (/healthz, /readyz, /metrics)
  simulator  ${simulator.url}  (/simulator/conversations, /simulator/journal, /simulator/faults)
  Redis      ${redis.url}
  secret     ${secret}

Send an event (a second time it is answered as a duplicate):

${curlCommand(webhookUrl, secret, JSON.stringify(event))}

and look at what became of the conversation:

curl -sS ${simulator.url}/simulator/conversations/${id}

An event of your own, from a file: npm run replay -- FILE --url ${webhookUrl} --secret ${secret}`;
}
