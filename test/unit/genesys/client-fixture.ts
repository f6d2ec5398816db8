import pino from 'pino';
import { afterEach, beforeEach } from 'vitest';
import { createVirtualClock, type VirtualClock } from '../../../harness/virtual-clock.ts';
import type { GenesysConfig } from '../../../src/config/config.ts';
import { createGenesysClient, type PlatformClient } from '../../../src/genesys/client.ts';
import { GenesysError } from '../../../src/genesys/genesys-error.ts';
import { type StubPlatform, startStubPlatform } from './stub-platform.ts';

export const CLIENT_SECRET = 'a-secret-of-the-client';

export interface ClientFixture {
  stub: StubPlatform;
  clock: VirtualClock;
  client: PlatformClient;
  /** What was logged, as JSON lines. */
  log: string[];
  /** Replaces the client by one with other settings. */
  configure(config: Partial<GenesysConfig>): void;
}

/** A client, its clock and the host that it talks to, new for each test and closed after it. */
export function useClient(): ClientFixture {
  const fixture = { log: [] as string[] } as ClientFixture;
  const clients: PlatformClient[] = [];

  fixture.configure = (config) => {
    const logger = pino({ level: 'debug' }, { write: (line) => void fixture.log.push(line) });
    fixture.client = createGenesysClient({ config: { ...defaults(fixture.stub.url), ...config }, logger, clock: fixture.clock });
    clients.push(fixture.client);
  };

  beforeEach(async () => {
    fixture.stub = await startStubPlatform();
    fixture.clock = createVirtualClock();
    fixture.log.length = 0;
    fixture.configure({});
  });

  afterEach(async () => {
    const closed = clients.splice(0).map((client) => client.close());
    await fixture.stub.close();
    await Promise.all(closed);
  });

  return fixture;
}

function defaults(url: string): GenesysConfig {
  return {
    apiUrl: url,
    loginUrl: url,
    clients: [{ id: 'client-id', secret: CLIENT_SECRET }],
    tokensPerClient: 1,
    timeoutMs: 5_000,
    ratePerMinute: 600_000,
    organizationRatePerMinute: null,
    fairUseCallsPerMonth: null,
    confirmWithinMs: 10_000,
    planFromSnapshots: true,
    traceHeaders: false,
  };
}

/** The `GenesysError` that the call fails with. */
export async function failureOf(call: Promise<unknown>): Promise<GenesysError> {
  const result = await call.then(
    () => 'it succeeded',
    (error: unknown) => error,
  );
  if (result instanceof GenesysError) return result;
  throw new Error(`expected a GenesysError, but: ${result}`);
}
