import { CODES, PlatformError } from './error-body.ts';
import type { ChannelTopic, NotificationChannel } from './notification-channels.ts';
import type { ServeRoute } from './platform-routes.ts';
import type { Answer } from './send-answer.ts';
import type { CallContext } from './serve-call.ts';

const CHANNELS = '/api/v2/notifications/channels';
const SUBSCRIPTIONS = `${CHANNELS}/:channelId/subscriptions`;

/** The HTTP side of the notification service. */
export function registerNotificationRoutes(serve: ServeRoute): void {
  serve('POST', CHANNELS, 'create-channel', (context) => {
    const { channels, sockets } = context.platform;
    return ok(
      describe(
        channels.create((id) => sockets.isConnected(id)),
        context,
      ),
    );
  });
  serve('GET', CHANNELS, 'list-channels', (context) =>
    ok({ entities: context.platform.channels.list().map((channel) => describe(channel, context)) }),
  );
  serve('GET', SUBSCRIPTIONS, 'get-subscriptions', ({ platform, request }) =>
    topics(platform.channels.subscriptions(channelIdOf(request))),
  );
  serve('PUT', SUBSCRIPTIONS, 'put-subscriptions', (context) => subscribe(context, true));
  serve('POST', SUBSCRIPTIONS, 'post-subscriptions', (context) => subscribe(context, false));
  serve('DELETE', SUBSCRIPTIONS, 'delete-subscriptions', ({ platform, request }) => {
    platform.channels.subscribe(channelIdOf(request), [], { replace: true, ignoreErrors: false });
    return { status: 202, body: null };
  });
}

function subscribe({ platform, request }: CallContext, replace: boolean): Answer {
  const { ignoreErrors } = request.query as { ignoreErrors?: string };
  const ids = readTopics(request.body);
  const decided = platform.channels.subscribe(channelIdOf(request), ids, { replace, ignoreErrors: ignoreErrors === 'true' });
  return topics(decided);
}

function readTopics(body: unknown): string[] {
  if (!Array.isArray(body)) throw new PlatformError(400, CODES.badRequest, 'A list of topics is expected.');
  return body.map((topic: { id?: unknown } | null) => {
    if (typeof topic?.id === 'string' && topic.id.length <= 200) return topic.id;
    throw new PlatformError(400, CODES.invalidTopic, 'A topic has an id of at most 200 characters.');
  });
}

function channelIdOf({ params }: CallContext['request']): string {
  return (params as { channelId: string }).channelId;
}

function describe({ id, expiresAt }: NotificationChannel, { request }: CallContext) {
  return { id, connectUri: `ws://${request.headers.host}/channels/${id}`, expires: new Date(expiresAt).toISOString() };
}

function topics(entities: readonly ChannelTopic[]): Answer {
  return ok({ entities });
}

function ok(body: object): Answer {
  return { status: 200, body: JSON.stringify(body) };
}
