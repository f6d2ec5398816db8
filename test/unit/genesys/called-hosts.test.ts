import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeJson } from '../../../src/envelopes/json.ts';
import type { GenesysClient } from '../../../src/genesys/genesys-client.ts';
import { GenesysError } from '../../../src/genesys/genesys-error.ts';
import { compileTemplate } from '../../../src/rules/template.ts';
import { useClient } from './client-fixture.ts';
import { type StubPlatform, startStubPlatform } from './stub-platform.ts';

/** Nothing that comes from outside decides which host is called, or leaves the path of its call. */

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.stringMatching(/^[A-Za-z0-9._:-]{1,130}$/),
  fc.constantFrom(
    ...[
      '',
      '.',
      '..',
      '../..',
      '..%2f..',
      '%2e%2e',
      '/',
      '\\',
      '//evil.example',
      'http://evil.example/',
      '@evil.example',
      ':80',
      'a/b',
    ],
    ...[
      'c-1?x=1',
      'c-1#x',
      'c-1;x',
      'c-1 HTTP/1.1\r\nHost: evil.example',
      '\r\n\r\n',
      '\0',
      '\ud800',
      '．．',
      '{id}',
      '${event.id}',
      ' c-1',
    ],
  ),
);
/** The id that a rule renders from what an event brought, as the worker does. */
// SECURITY.md: path-escape
const rendered = fc
  .tuple(hostile, fc.constantFrom('${event.body.id}', '../${event.body.id}', '${event.body.id}/..'))
  .map(renderFromEvent);
const id = fc.oneof(hostile, rendered);

const SEGMENT = '([A-Za-z0-9._~%-]+)';
const CONVERSATION = `/api/v2/conversations/${SEGMENT}`;
const PARTICIPANT = `${CONVERSATION}/participants/${SEGMENT}`;
const VERSION = { version: null };

type Call = (client: GenesysClient, conversationId: string, participantId: string, text: string) => Promise<unknown>;

const CALLS: readonly [name: string, path: string, call: Call][] = [
  ['getConversation', CONVERSATION, (client, c) => client.getConversation(c)],
  [
    'patchAttributes',
    `${PARTICIPANT}/attributes`,
    (client, c, p, text) => client.patchAttributes(c, p, { [text]: text }, VERSION),
  ],
  ['patchWrapup', PARTICIPANT, (client, c, p, text) => client.patchWrapup(c, p, { code: text, notes: text }, VERSION)],
  ['listWrapupCodes', `${PARTICIPANT}/wrapupcodes`, (client, c, p) => client.listWrapupCodes(c, p)],
  ['a transfer to a queue', `${PARTICIPANT}/replace/queue`, transferTo((queueId) => ({ kind: 'queue', queueId }))],
  ['a transfer to a user', `${PARTICIPANT}/replace/agent`, transferTo((userId) => ({ kind: 'user', userId }))],
  ['a transfer to an address', `${PARTICIPANT}/transfer`, transferTo((address) => ({ kind: 'address', address }))],
  [
    'a transfer to an external contact',
    `${PARTICIPANT}/replace/contact/external`,
    transferTo((contactId) => ({ kind: 'contact', contactId, phoneType: contactId })),
  ],
  ['queueExists', `/api/v2/routing/queues/${SEGMENT}`, (client, q) => client.queueExists(q)],
];

const fixture = useClient();

describe.each(CALLS)('%s', (_name, path, call) => {
  it('asks the configured host for exactly its path, whatever the ids are, or asks nothing', async () => {
    fixture.stub.replyToApi = (request) => ({
      body: request.path.endsWith('/wrapupcodes') ? [] : { id: 'c-1', participants: [] },
    });
    await fc.assert(
      fc.asyncProperty(id, id, hostile, async (first, second, text) => {
        fixture.stub.apiRequests.length = 0;
        const ids = path.includes('participants') ? [first, second] : [first];
        const error = await call(fixture.client, first, second, text).then(
          () => null,
          (reason: unknown) => reason,
        );
        if (ids.every(isHarmless)) {
          expect(error).toBeNull();
          expect(fixture.stub.apiRequests).toHaveLength(1);
          const [request] = fixture.stub.apiRequests;
          const segments = new RegExp(`^${path}$`).exec(request?.path ?? '')?.slice(1);
          expect(segments?.map(decodeURIComponent)).toEqual(ids);
          expect(request?.headers.host).toBe(new URL(fixture.stub.url).host);
        } else {
          expect(error).toBeInstanceOf(GenesysError);
          expect(error).toMatchObject({ code: 'invalid.id', status: null });
          expect(fixture.stub.apiRequests).toEqual([]);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('an answer that names another host', () => {
  let elsewhere: StubPlatform;
  beforeEach(async () => {
    elsewhere = await startStubPlatform();
  });
  afterEach(() => elsewhere.close());

  it.each([301, 302, 303, 307, 308])('%i is not followed, and takes no token there', async (status) => {
    fixture.stub.replyToApi = () => ({ status, headers: { location: `${elsewhere.url}/api/v2/conversations/c-1` } });
    await expect(fixture.client.getConversation('c-1')).rejects.toBeInstanceOf(GenesysError);
    expect([...elsewhere.apiRequests, ...elsewhere.tokenRequests]).toEqual([]);
  });
});

/** As the documentation tells it, in other words than the code's. */
function isHarmless(text: string): boolean {
  const allowed = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-';
  return (
    text.length >= 1 && text.length <= 128 && text !== '.' && text !== '..' && [...text].every((char) => allowed.includes(char))
  );
}

function renderFromEvent([value, source]: [value: string, source: string]): string {
  const compiled = compileTemplate(source, 'target');
  if (!compiled.ok) throw new Error('expected a template');
  const body = decodeJson(Buffer.from(JSON.stringify({ id: value })));
  return compiled.template.render('rule', { event: { body } }) ?? '';
}

function transferTo(destination: (text: string) => Parameters<GenesysClient['replaceParticipant']>[2]): Call {
  return (client, c, p, text) => client.replaceParticipant(c, p, destination(text), 'Unattended', VERSION);
}

it('a queue is looked for by its name, whatever the name is', async () => {
  fixture.stub.replyToApi = () => ({ body: { entities: [] } });
  await fc.assert(
    fc.asyncProperty(hostile, async (name) => {
      fixture.stub.apiRequests.length = 0;
      expect(await fixture.client.findQueue(name)).toBeNull();
      const [request] = fixture.stub.apiRequests;
      const { pathname, searchParams } = new URL(request?.path ?? '', fixture.stub.url);
      expect([pathname, searchParams.get('name')]).toEqual(['/api/v2/routing/queues', name.toWellFormed()]);
    }),
  );
});
