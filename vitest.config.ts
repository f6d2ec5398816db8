import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Folders by what a test needs: nothing, a real Redis and the simulator, the started process, an independent client. */
const withRedis = ['./test/start-redis-once.ts'];

const UNIT = ['test/unit/**/*.test.ts'];
/** These replace a module, the clock, or the tracer or meter of the process. All others share the loaded modules: half the CPU time. */
const OWN_GLOBALS = [
  'test/unit/telemetry/**/*.test.ts',
  'test/unit/deploy/queries.test.ts',
  'test/unit/genesys/call-span.test.ts',
  'test/unit/intake/match-events.test.ts',
  'test/unit/receiver/hanging-store.test.ts',
  'test/unit/rules/rule-matcher.test.ts',
];

export default defineConfig({
  test: {
    // For the programs that tests start; without it, each of them compiles every module again.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, '.cache', 'compiled') },
    testTimeout: 20_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: 'unit', include: UNIT, exclude: OWN_GLOBALS, isolate: false } },
      { extends: true, test: { name: 'unit-isolated', include: OWN_GLOBALS } },
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
      { extends: true, test: { name: 'redis', include: ['test/redis/*.test.ts'], testTimeout: 60_000 } },
      { extends: true, test: { name: 'redis-slow', include: ['test/redis/slow/*.test.ts'], testTimeout: 240_000 } },
      { extends: true, test: { name: 'chaos', include: ['test/chaos/**/*.test.ts'], globalSetup: withRedis } },
      { extends: true, test: { name: 'memory', include: ['test/memory/**/*.test.ts'], globalSetup: withRedis } },
      { extends: true, test: { name: 'container', include: ['test/container/**/*.test.ts'], testTimeout: 60_000 } },
      { extends: true, test: { name: 'helm', include: ['test/helm/**/*.test.ts'] } },
      { extends: true, test: { name: 'prometheus', include: ['test/prometheus/**/*.test.ts'], globalSetup: withRedis } },
      {
        extends: true,
        test: { name: 'monitoring', include: ['test/monitoring/**/*.test.ts'], globalSetup: withRedis, testTimeout: 240_000 },
      },
      {
        extends: true,
        test: { name: 'browser', include: ['test/browser/**/*.test.ts'], globalSetup: withRedis, testTimeout: 60_000 },
      },
    ],
  },
});
