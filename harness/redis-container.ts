import type { RunningRedis } from './redis.ts';
import { redisArguments } from './redis-child.ts';

const IMAGE = 'redis:7-alpine';
const PORT = 6379;

/** Redis in a container. The library is loaded only here, because it is heavy and most runs do not need it. */
export async function startRedisContainer(settings: Readonly<Record<string, string>>): Promise<RunningRedis> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const container = await new GenericContainer(IMAGE)
    .withCommand(['redis-server', ...redisArguments(settings)])
    .withExposedPorts(PORT)
    .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/))
    .start();
  return {
    url: `redis://${container.getHost()}:${container.getMappedPort(PORT)}`,
    source: `Docker (${IMAGE})`,
    stop: async () => {
      await container.stop();
    },
  };
}
