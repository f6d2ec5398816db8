import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };

const top = fileURLToPath(new URL('../../../', import.meta.url));
const SECRET = 'not-to-be-seen-0123456789';

function run(script: string, env: Record<string, string> = {}, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`scripts/${script}`, ...args], {
    cwd: top,
    env,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

const COMPLETE = {
  RULES_FILE: 'rules.example.yaml',
  REDIS_URL: `redis://user:${SECRET}@localhost:6379`,
  WEBHOOK_SECRETS: SECRET,
  GENESYS_REGION: 'us-east-1',
  GENESYS_CLIENT_ID: SECRET,
  GENESYS_CLIENT_SECRET: SECRET,
};

const SCRIPTS: Readonly<Record<string, string>> = packageJson.scripts;
const WITH_SETTINGS = ['start', 'dev', 'doctor', 'rules:test', 'why', 'conversations', 'replay', 'dead-letters', 'config:print'];

it.each(WITH_SETTINGS)('npm run %s reads .env where there is one', (name) => {
  expect(SCRIPTS[name]).toContain('node --env-file-if-exists=.env ');
});

describe('config:print', () => {
  it('prints the resolved configuration masked', () => {
    const { status, stdout, stderr } = run('print-config.ts', COMPLETE);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^REDIS_URL +redis:\/\/\*{6}@localhost:6379$/m);
    expect(stdout).toMatch(/^PORT +8080 {2}\(default\)$/m);
    expect(stdout).toMatch(/^rules +tag-trace, wrap-up, escalate$/m);
    expect(stdout).not.toContain(SECRET);
  });

  it('prints it also when it is invalid, with every fault, and exits 1', () => {
    const { status, stdout, stderr } = run('print-config.ts', {
      ...COMPLETE,
      PORT: 'x',
      GENESYS_CLIENT_ID: '',
      RULES_FILE: 'none.yaml',
      WEBHOOK_SECRET: SECRET,
    });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^PORT +x$/m);
    expect(stderr.trim().split('\n')).toEqual([
      'warning: WEBHOOK_SECRET is not a setting and is ignored; did you mean WEBHOOK_SECRETS?',
      'fault: PORT: found "x", expected a port from 0 to 65535',
      'fault: GENESYS_CLIENT_ID: found nothing, expected the id of an OAuth client, or comma-separated ids',
      'fault: none.yaml: cannot be read (ENOENT); RULES_FILE names the rules file, or is none; rules.example.yaml of the repository is one to copy',
    ]);
    expect(stdout + stderr).not.toContain(SECRET);
  });
});

describe('generate --check', () => {
  it('passes on what is in the repository', () => {
    expect(run('generate.ts', {}, '--check')).toEqual({ status: 0, stdout: 'generated files are up to date\n', stderr: '' });
  });
});
