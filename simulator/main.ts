import { readEnvironment } from './environment.ts';
import { startSimulator } from './start-simulator.ts';

const options = readOptions();
const simulator = await startSimulator(options).catch(refusePort);

function readOptions() {
  try {
    return readEnvironment(process.env);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}

function refusePort(error: NodeJS.ErrnoException): never {
  if (error.code !== 'EADDRINUSE') throw error;
  process.stderr.write(`another program listens on port ${options.port}; end that, or set SIMULATOR_PORT to another one\n`);
  process.exit(1);
}

process.stdout.write(`Genesys Cloud simulator (login and API): ${simulator.url}
client id ${simulator.clientId}, secret ${simulator.clientSecret}
events go to ${options.webhook?.url ?? 'nobody: set SIMULATOR_WEBHOOK_URL'}

a token:       curl -u ${simulator.clientId}:${simulator.clientSecret} -d grant_type=client_credentials ${simulator.url}/oauth/token
place a call:  curl -X POST -H 'content-type: application/json' -d '{"kind":"answered"}' ${simulator.url}/simulator/calls
a fault:       curl -X POST -H 'content-type: application/json' -d '{"call":"patch-attributes","status":503}' ${simulator.url}/simulator/faults
what came in:  curl ${simulator.url}/simulator/journal
for hookpatch: GENESYS_API_URL=${simulator.url} GENESYS_LOGIN_URL=${simulator.url} GENESYS_CLIENT_ID=${simulator.clientId} GENESYS_CLIENT_SECRET=${simulator.clientSecret}
everything else: simulator/README.md. Ctrl-C ends it.
`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void simulator.stop().then(() => process.exit(0)));
}
