/** `npm run replay -- FILE`: signs a saved payload and sends it to a running service. */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { sendDelivery } from '../harness/send-delivery.ts';
import { type SignatureStyle, signDelivery } from '../simulator/sign-delivery.ts';
import { ReplayError, readPayload, secretFrom } from './replay-input.ts';

const USAGE = `npm run replay -- FILE [options]

  --url URL        where the service listens (default http://127.0.0.1:8080/webhooks/genesys)
  --secret SECRET  signs the payload (default: the first of the variable WEBHOOK_SECRETS)
  --header NAME    the header of the signature (default X-Genesys-Signature)
  --timestamp      sign "timestamp.body", for WEBHOOK_SIGNED_CONTENT=timestamp.body
  --new-id         send new events: each gets an id of its own
  --now            the same, and they happened now, so that no rule's maxAge skips them
  --dry-run        print the request, send nothing
  --help           this text`;

async function replay(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      url: { type: 'string', default: 'http://127.0.0.1:8080/webhooks/genesys' },
      secret: { type: 'string' },
      header: { type: 'string', default: 'X-Genesys-Signature' },
      timestamp: { type: 'boolean', default: false },
      'new-id': { type: 'boolean', default: false },
      now: { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(USAGE);
  const [file, ...rest] = positionals;
  if (file === undefined || rest.length > 0) throw new ReplayError(`expected exactly one file\n\n${USAGE}`);
  if (!URL.canParse(values.url)) throw new ReplayError(`--url is no URL: ${values.url}`);

  const isNew = values['new-id'] || values.now;
  const payload = await readPayload(file, isNew ? { nowMs: values.now ? Date.now() : null, newId: randomUUID } : null);
  const secret = secretFrom(values.secret, process.env);
  const style: SignatureStyle = { header: values.header, signedContent: values.timestamp ? 'timestamp.body' : 'body' };
  if (values['dry-run']) return console.log(describeRequest(values.url, payload, signDelivery(secret, payload, style)));
  const answer = await send(values.url, payload, { secret, style });
  console.log(`${answer.status}\n${typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body, null, 2)}`);
  if (answer.status >= 400) process.exitCode = 1;
}

/** The request as it would be sent. */
function describeRequest(url: string, payload: Uint8Array, signature: Readonly<Record<string, string>>): string {
  const headers = Object.entries({ 'Content-Type': 'application/json', ...signature });
  return [`POST ${url}`, ...headers.map(([name, value]) => `${name}: ${value}`), '', Buffer.from(payload).toString()].join('\n');
}

async function send(url: string, payload: Uint8Array, options: Parameters<typeof sendDelivery>[2]) {
  try {
    return await sendDelivery(url, payload, options);
  } catch (error) {
    const { cause } = error as Error;
    const reason = cause instanceof Error ? (cause as NodeJS.ErrnoException).code || cause.message : (error as Error).message;
    throw new ReplayError(`nothing answers at ${url} (${reason}); is the service running there?`);
  }
}

try {
  await replay();
} catch (error) {
  const isMistake = error instanceof ReplayError || (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS');
  if (!isMistake) throw error;
  console.error(`replay: ${(error as Error).message}`);
  process.exitCode = 2;
}
