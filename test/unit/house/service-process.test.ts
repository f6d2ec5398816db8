import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ServiceEndedError, type ServiceProcess, startService } from '../../../harness/service-process.ts';

const cwd = join(import.meta.dirname, 'fixture-service');

async function start(env: Record<string, string> = {}): Promise<ServiceProcess> {
  const service = await startService({ env, cwd });
  onTestFinished(async () => void (await service.kill()));
  return service;
}

test('starts the service with telemetry registered, and waits until it is ready', async () => {
  const service = await start();
  expect(service.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  await expect(service.waitForLog(({ msg }) => msg === 'asked')).resolves.toMatchObject({ registered: 'yes' });
});

test('gives the service the environment that was named, and not that of the test', async () => {
  process.env.ONLY_OF_THE_TEST = 'yes';
  onTestFinished(() => void delete process.env.ONLY_OF_THE_TEST);
  const service = await start({ PORT: '0' });
  const { env } = await service.waitForLog(({ msg }) => msg === 'asked');
  expect(env).toContain('PORT');
  expect(env).not.toContain('ONLY_OF_THE_TEST');
});

test('stops it by SIGTERM, so that it can tidy up', async () => {
  const service = await start();
  await expect(service.stop()).resolves.toEqual({ code: 0, signal: null });
  expect(service.logs).toContainEqual({ msg: 'stopping' });
});

test('kills it without a chance to tidy up', async () => {
  const service = await start();
  await expect(service.kill()).resolves.toEqual({ code: null, signal: 'SIGKILL' });
  expect(service.logs).not.toContainEqual({ msg: 'stopping' });
});

test('says what a service wrote that refuses to start', async () => {
  const refused = start({ REFUSE: 'yes' });
  await expect(refused).rejects.toThrow(ServiceEndedError);
  await expect(refused).rejects.toThrow(/exit code 2.*\n.*REDIS_URL: required/);
});

test('tells who waits for a log line that the service has ended', async () => {
  const service = await start();
  const line = service.waitForLog(({ msg }) => msg === 'never');
  const rejected = expect(line).rejects.toThrow('the service ended');
  await service.kill();
  await rejected;
});
