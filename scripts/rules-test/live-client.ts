import { formatConfigFault, loadConfig } from '../../src/config/environment.ts';
import { createGenesysClient } from '../../src/genesys/client.ts';
import type { GenesysClient } from '../../src/genesys/genesys-client.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { withoutWrites } from './offline-client.ts';

/** A client of the settings of the environment that writes nothing. @throws Error that names the settings that are wrong */
export async function useLiveClient<T>(use: (client: GenesysClient) => Promise<T>): Promise<T> {
  const loaded = loadConfig({ ...process.env, ROLE: 'worker', REDIS_URL: 'redis://unused' });
  if (!loaded.ok) throw new Error(loaded.faults.map(formatConfigFault).join('\n'));
  if (loaded.config.genesys === null) throw new Error('--live needs the settings of Genesys Cloud');
  const client = createGenesysClient({ config: loaded.config.genesys, logger: createLogger('error') });
  try {
    return await use(withoutWrites(client));
  } finally {
    await client.close();
  }
}
