import type { FastifyInstance } from 'fastify';
import type { Platform } from './platform.ts';

type OneOrAll = { Querystring: { channelId?: string } };

/** The control API's part about the notification service, the client's permissions and queues that are deleted. */
export function registerNotificationControls(control: FastifyInstance, platform: Platform): void {
  const { channels, sockets, queues } = platform;
  const act = (name: string, action: (channelId?: string) => unknown) =>
    control.post<OneOrAll>(`/notifications/${name}`, (request, reply) => {
      action(request.query.channelId);
      return reply.code(204).send();
    });
  control.get('/notifications', () =>
    channels.list().map(({ id, topics }) => ({ id, topics: [...topics], connected: sockets.isConnected(id) })),
  );
  act('heartbeat', () => sockets.heartbeat());
  act('socket-closing', (channelId) => sockets.announceClosing(channelId));
  act('drop', (channelId) => sockets.drop(channelId));
  act('silence', (channelId) => sockets.silence(channelId));
  control.put<{ Body: { permissions: readonly string[] | null } }>('/permissions', (request, reply) => {
    platform.permissions = request.body.permissions;
    return reply.code(204).send();
  });
  control.delete<{ Params: { queueId: string } }>('/queues/:queueId', (request, reply) => {
    queues.remove(request.params.queueId);
    return reply.code(204).send();
  });
}
