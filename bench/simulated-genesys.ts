import { type RunningProcess, startProcess } from './process/start-process.ts';

/** One call of the Platform API, as the simulator recorded it. */
export interface RecordedCall {
  /** Epoch milliseconds of arrival; a write takes effect at that moment. */
  readonly at: number;
  readonly call: string;
  readonly conversationId: string | null;
  readonly status: number | null;
}

export interface SimulatedGenesys extends RunningProcess {
  /** Forgets conversations and calls, and makes these conversations, each with a customer and an agent. */
  begin(conversationIds: readonly string[], agent?: { readonly queueId: string }): Promise<void>;
  /** A change by somebody else. */
  setAgentAttributes(conversationId: string, attributes: Readonly<Record<string, string>>): Promise<void>;
  /** Calls since {@link begin}, the token requests left out. */
  calls(): Promise<RecordedCall[]>;
}

export interface SimulatedGenesysOptions {
  /** Each answer waits so long. */
  readonly latencyMs: number;
  /** Requests in a sliding window for each token. Default: no limit. */
  readonly rateLimit?: { readonly requests: number; readonly windowMs: number };
  /** Where the events that writes raise go. Default: there are none. */
  readonly eventsTo?: string;
}

/** Conversations that one request makes. */
const CREATED_AT_ONCE = 500;

/** The simulator as a process of its own, with the simulator's default visibility of writes (50 ms) and no versions, as Genesys documents none. */
export async function startSimulatedGenesys({
  latencyMs,
  rateLimit,
  eventsTo,
}: SimulatedGenesysOptions): Promise<SimulatedGenesys> {
  const running = await startProcess({
    args: ['simulator/main.ts'],
    env: {
      SIMULATOR_LATENCY_MS: String(latencyMs),
      SIMULATOR_RATE_REQUESTS: String(rateLimit?.requests ?? 0),
      SIMULATOR_RATE_WINDOW_MS: String(rateLimit?.windowMs ?? 60_000),
      SIMULATOR_EMIT_EVENTS: String(eventsTo !== undefined),
      ...(eventsTo !== undefined && { SIMULATOR_WEBHOOK_URL: eventsTo }),
    },
    portVariable: 'SIMULATOR_PORT',
    readyPath: '/simulator/faults',
  });
  const control = `${running.url}/simulator`;
  return {
    ...running,
    setAgentAttributes: async (conversationId, attributes) => {
      await send(
        'PATCH',
        `${control}/conversations/${conversationId}/participants/${conversationId}-agent/attributes`,
        attributes,
      );
    },
    begin: async (conversationIds, agent) => {
      await post(`${control}/reset`);
      for (let from = 0; from < conversationIds.length; from += CREATED_AT_ONCE) {
        const ids = conversationIds.slice(from, from + CREATED_AT_ONCE);
        await post(
          `${control}/conversations`,
          ids.map((id) => seedOf(id, agent)),
        );
      }
    },
    calls: async () => {
      const response = await fetch(`${control}/journal`);
      const { records, dropped } = (await response.json()) as { records: RecordedCall[]; dropped: number };
      if (dropped > 0) throw new Error(`the simulator dropped ${dropped} records`);
      return records.filter(({ call }) => call !== 'token');
    },
  };
}

function seedOf(id: string, agent: { readonly queueId: string } | undefined): unknown {
  const customer = { id: `${id}-customer`, purpose: 'customer', attributes: { customerTier: 'gold' } };
  return {
    id,
    participants: [customer, { id: `${id}-agent`, purpose: 'agent', userId: '7a1c2b3d-4e5f-4a6b-9c7d-8e9f0a1b2c3d', ...agent }],
  };
}

function post(url: string, body?: unknown): Promise<void> {
  return send('POST', url, body);
}

async function send(method: string, url: string, body?: unknown): Promise<void> {
  const json = body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(url, { method, ...json });
  await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
}
