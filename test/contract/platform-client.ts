import platformClient from 'purecloud-platform-client-v2';
import type { Simulator } from '../../simulator/start-simulator.ts';

/** What the SDK answers when it is asked for whole responses. */
interface ExtendedResponse<Body> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
}

/** Genesys's `ErrorBody`, as the SDK rejects with it. */
type Refusal = ExtendedResponse<platformClient.Models.ErrorBody>;

/** The official SDK, pointed at the simulator by its gateway setting. Its client is one for the process, so tests use one simulator each at a time. */
export function connectSdk(simulator: Simulator) {
  const { hostname, port } = new URL(simulator.url);
  const client = platformClient.ApiClient.instance;
  client.config.live_reload_config = false;
  client.setGateway({ protocol: 'http', host: hostname, port: Number(port) });
  client.setReturnExtendedResponses(true);
  client.clearAccessToken();
  return {
    login: () => client.loginClientCredentialsGrant(simulator.clientId, simulator.clientSecret),
    loginAs: (clientId: string, clientSecret: string) => client.loginClientCredentialsGrant(clientId, clientSecret),
    setAccessToken: (token: string) => client.setAccessToken(token),
    conversations: new platformClient.ConversationsApi(),
    routing: new platformClient.RoutingApi(),
    notifications: new platformClient.NotificationsApi(),
    analytics: new platformClient.AnalyticsApi(),
    organization: new platformClient.OrganizationApi(),
  };
}

/** The SDK types its promises by body alone; with extended responses this is what comes. */
export async function answerOf<Body>(calling: Promise<Body>): Promise<ExtendedResponse<Body>> {
  return (await calling) as unknown as ExtendedResponse<Body>;
}

/** The error that the SDK rejects with; fails when it does not reject. */
export async function refusalOf(calling: Promise<unknown>): Promise<Refusal> {
  const outcome = await calling.then(
    () => null,
    (error: unknown) => error as Refusal,
  );
  if (outcome === null) throw new Error('the call was expected to be refused, but it succeeded');
  return outcome;
}
