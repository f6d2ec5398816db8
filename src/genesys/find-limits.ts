import type { Logger } from 'pino';
import type { GenesysConfig } from '../config/config.ts';
import { GenesysError } from './genesys-error.ts';
import type { OrganisationCalls } from './organisation-calls.ts';
import type { SharedLimits } from './pacing/shared-limits.ts';

export interface LimitFinding {
  readonly organisation: Pick<OrganisationCalls, 'listLimits'>;
  readonly limits: SharedLimits;
  /** Digests of the OAuth clients in use. */
  readonly clients: ReadonlySet<string>;
  readonly config: Pick<GenesysConfig, 'ratePerMinute'>;
  readonly logger: Logger;
}

/** Requests a minute of an OAuth client in an organisation, over all its tokens. */
const APPLICATION_KEY = 'org.app.user.rate.per.minute';
/** The limit of a client-credentials token is one of these. */
const TOKEN_KEYS = ['client.credentials.token.rate.per.minute', 'token.rate.per.minute'];

/**
 * Keeps to the limits that Genesys reports for the organisation, and to those that other processes have found. This is an
 * optimisation: without the permission to read the limits, 429s will show them.
 */
export async function findLimits({ organisation, limits, clients, config, logger }: LimitFinding): Promise<void> {
  for (const client of clients) await limits.adopt(client).catch(() => undefined);
  try {
    const found = await organisation.listLimits();
    const ofApplication = found[APPLICATION_KEY] ?? 0;
    if (ofApplication > 0) for (const client of clients) limits.limitApplication(client, ofApplication);
    const ofToken = Math.min(...TOKEN_KEYS.map((key) => found[key] ?? 0).filter((value) => value > 0));
    if (ofToken < config.ratePerMinute) {
      logger.warn(
        { limit: ofToken, configured: config.ratePerMinute },
        'Genesys allows a token fewer requests a minute than GENESYS_RATE_PER_MINUTE: set it to that limit',
      );
    }
  } catch (error) {
    if (!(error instanceof GenesysError)) throw error;
    logger.info({ reason: `${error.status ?? error.failure} ${error.code}` }, 'the limits of the organisation are not known');
  }
}
