import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogLine } from '../../../harness/log-collector.ts';
import { type ServiceProcess, startService } from '../../../harness/service-process.ts';
import { waitUntil } from '../../../harness/wait-until.ts';
import { LAST } from '../rules.ts';
import { PROCESSES, type ProcessName } from './plan-rollout.ts';

/** Two receivers and three workers, each with a rules file of its own. */
export interface RolloutFleet {
  receiverUrls(): readonly string[];
  /** Resolves when the process has these rules: after a SIGHUP, or after it was stopped and started again. */
  update(name: ProcessName, rules: readonly string[], restart: boolean): Promise<void>;
  /** Logged by all processes so far. */
  lines(): LogLine[];
  stop(): Promise<void>;
}

interface Member {
  readonly rulesFile: string;
  readonly past: ServiceProcess[];
  running: ServiceProcess | null;
}

const START_TIMEOUT_MS = 60_000;

export async function startRolloutFleet(
  env: Readonly<Record<string, string>>,
  firstRules: readonly string[],
): Promise<RolloutFleet> {
  const dir = await mkdtemp(join(tmpdir(), 'hookpatch-rollout-'));
  const members = new Map<ProcessName, Member>(
    PROCESSES.map((name) => [name, { rulesFile: join(dir, `${name}.yaml`), past: [], running: null }]),
  );
  const memberOf = (name: ProcessName) => members.get(name) as Member;
  const start = async (name: ProcessName) => {
    const member = memberOf(name);
    const role = name.startsWith('receiver') ? 'receiver' : 'worker';
    const service = await startService({
      env: { ...env, ROLE: role, RULES_FILE: member.rulesFile },
      timeoutMs: START_TIMEOUT_MS,
    });
    member.running = service;
    member.past.push(service);
  };
  const stop = async () => {
    await Promise.all([...members.values()].map(({ running }) => running?.kill()));
    await rm(dir, { recursive: true });
  };
  const write = (name: ProcessName, rules: readonly string[]) => writeFile(memberOf(name).rulesFile, textOf(rules));
  try {
    await Promise.all(PROCESSES.map((name) => write(name, firstRules)));
    await Promise.all(PROCESSES.map(start));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    receiverUrls: () =>
      [...members].flatMap(([name, { running }]) => (name.startsWith('receiver') && running ? running.url : [])),
    lines: () => [...members.values()].flatMap(({ past }) => past.flatMap(({ logs }) => logs)),
    update: async (name, rules, restart) => {
      await write(name, rules);
      const member = memberOf(name);
      const { running } = member;
      if (running === null) throw new Error(`${name} does not run`);
      if (restart) {
        member.running = null;
        await running.stop();
        return start(name);
      }
      const count = () => running.logs.filter(({ msg }) => msg === 'rules reloaded').length;
      const before = count();
      process.kill(running.pid, 'SIGHUP');
      await waitUntil(() => count() > before, {
        what: `${name} to reload its rules`,
        timeoutMs: START_TIMEOUT_MS,
        intervalMs: 5,
      });
    },
    stop,
  };
}

/** The rule of an event is named in its body. */
function textOf(rules: readonly string[]): string {
  const rule = (name: string) => `
  - name: ${name}
    when: { topic: "v2.detail.events.conversation.*.customer.start", if: 'event.body.rule == "${name}"' }
    target: { purpose: customer }
    actions: [{ setAttributes: { "event-\${event.body.sequence}": "\${event.id}", ${LAST}: "\${event.body.sequence}" } }]`;
  return `rules:${rules.map(rule).join('')}\n`;
}
