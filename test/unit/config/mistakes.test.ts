import { describe, expect, it } from 'vitest';
import { formatConfigFault, loadConfig } from '../../../src/config/environment.ts';
import { loadRules, parseRules } from '../../read-rules.ts';
import { ENVIRONMENT_MISTAKES, RULES_MISTAKES } from './mistakes.ts';

const silent = { warn: () => {} };
const ENVIRONMENT = {
  REDIS_URL: 'redis://127.0.0.1:6379',
  WEBHOOK_SECRETS: 'a-long-random-secret-of-mine',
  GENESYS_REGION: 'eu-central-1',
  GENESYS_CLIENT_ID: 'an-id',
  GENESYS_CLIENT_SECRET: 'a-secret-of-mine',
};

/** Lines as they are, cut where the expected one ends in `...`. */
function cutLike(lines: readonly string[], expected: readonly string[]): string[] {
  return lines.map((line, index) => {
    const wanted = expected[index] ?? '';
    return wanted.endsWith('...') ? `${line.slice(0, wanted.length - 3)}...` : line;
  });
}

describe('typical mistakes', () => {
  it('are at least forty', () => {
    expect(RULES_MISTAKES.length + ENVIRONMENT_MISTAKES.length).toBeGreaterThanOrEqual(40);
  });

  it.each(RULES_MISTAKES)('in the rules file: $mistake', ({ file, says, isWarning = false }) => {
    const loaded = parseRules(file, 'rules.yaml', silent);
    expect(loaded.ok).toBe(isWarning);
    expect(cutLike(loaded.ok ? loaded.warnings : loaded.faults, says)).toEqual(says);
  });

  it.each(ENVIRONMENT_MISTAKES)('in the environment: $mistake', ({ env, says, isWarning = false }) => {
    const loaded = loadConfig({ ...ENVIRONMENT, ...env });
    expect(loaded.ok).toBe(isWarning);
    const lines = loaded.ok ? loaded.warnings : loaded.faults.map(formatConfigFault);
    expect(cutLike(lines, says)).toEqual(says);
  });

  it('a rules file that is not there', () => {
    const loaded = loadRules('/nowhere/rules.yaml', silent);
    expect(loaded.ok ? [] : loaded.faults).toEqual([
      '/nowhere/rules.yaml: cannot be read (ENOENT); RULES_FILE names the rules file, or is none; rules.example.yaml of the repository is one to copy',
    ]);
  });
});
