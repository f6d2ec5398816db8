import { defineConfig } from 'vitest/config';

/** Folders by what a test needs: nothing, a real Redis and the simulator, the started process, an independent client. */
const withRedis = ['./test/start-redis-once.ts'];

export default defineConfig({
  test: {
    testTimeout: 20_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts', 'test/field/**/*.test.ts'],
          globalSetup: withRedis,
        },
      },
      { extends: true, test: { name: 'contract', include: ['test/contract/**/*.test.ts'] } },
      { extends: true, test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], globalSetup: withRedis, testTimeout: 60_000 } },
      { extends: true, test: { name: 'redis', include: ['test/redis/**/*.test.ts'], testTimeout: 60_000 } },
      { extends: true, test: { name: 'chaos', include: ['test/chaos/**/*.test.ts'], globalSetup: withRedis } },
      { extends: true, test: { name: 'container', include: ['test/container/**/*.test.ts'], testTimeout: 60_000 } },
      { extends: true, test: { name: 'helm', include: ['test/helm/**/*.test.ts'] } },
      { extends: true, test: { name: 'prometheus', include: ['test/prometheus/**/*.test.ts'], globalSetup: withRedis } },
      {
        extends: true,
        test: { name: 'browser', include: ['test/browser/**/*.test.ts'], globalSetup: withRedis, testTimeout: 60_000 },
      },
    ],
  },
});
