import { createRandom, type Random } from '../random.ts';

export const PROCESSES = ['receiver-1', 'receiver-2', 'worker-1', 'worker-2', 'worker-3'] as const;
export type ProcessName = (typeof PROCESSES)[number];

/** The rules that come and go. Each has events of its own. */
export const RULE_NAMES = ['rule-0', 'rule-1', 'rule-2', 'rule-3', 'rule-4', 'rule-5'] as const;

/** One new version of the rules file, and how the processes get it one after the other. */
export interface RolloutStep {
  readonly rules: readonly string[];
  readonly order: readonly ProcessName[];
  /** These are started again with the new file, as an orchestrator does; the others get a SIGHUP. */
  readonly restarted: readonly ProcessName[];
}

export interface RolloutOptions {
  readonly seed: number;
  readonly steps: number;
  /** The chance of a process to be started again instead of told, from 0 to 1. */
  readonly restarts: number;
}

/**
 * Each step removes one rule and adds another, so that every rule is away for two steps, again and again. The steps go through
 * all ten orders in which two receivers and three workers can get a new file. The last step has the rules of `lastRules`.
 */
export function planRollout({ seed, steps, restarts }: RolloutOptions, lastRules: readonly string[]): RolloutStep[] {
  const random = createRandom(seed);
  const orders = shuffled(ordersOfKinds(2, 3), random);
  return Array.from({ length: steps + 1 }, (_, step) => {
    const order = toProcesses(orders[step % orders.length] ?? '', random);
    return {
      rules: step === steps ? lastRules : rulesOfStep(step),
      order,
      restarted: order.filter(() => random.chance(restarts)),
    };
  });
}

/** Step -1 is what everybody starts with. */
export function rulesOfStep(step: number): readonly string[] {
  return RULE_NAMES.filter((_, index) => {
    const distance = (index - step + 2 * RULE_NAMES.length) % RULE_NAMES.length;
    return distance !== 0 && distance !== 1;
  });
}

/** Every arrangement of that many receivers (`r`) and workers (`w`). */
function ordersOfKinds(receivers: number, workers: number): string[] {
  if (receivers + workers === 0) return [''];
  const first = receivers === 0 ? [] : ordersOfKinds(receivers - 1, workers).map((rest) => `r${rest}`);
  return [...first, ...(workers === 0 ? [] : ordersOfKinds(receivers, workers - 1).map((rest) => `w${rest}`))];
}

function toProcesses(kinds: string, random: Random): ProcessName[] {
  const left = shuffled(PROCESSES, random);
  return [...kinds].flatMap((kind) => {
    const index = left.findIndex((name) => name.startsWith(kind));
    return left.splice(index, 1);
  });
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  return items
    .map((item) => ({ item, at: random.next() }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item);
}
