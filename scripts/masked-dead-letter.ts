import { ACTIONS, createActionMask } from '../src/actions/registry.ts';
import type { ListedDeadLetter } from '../src/queue/dead-letters.ts';
import { maskDeadLetter } from '../src/queue/mask-dead-letter.ts';

const maskAction = createActionMask(ACTIONS);

/** As it may be printed. */
export function masked(listed: ListedDeadLetter): ListedDeadLetter {
  return { ...listed, letter: maskDeadLetter(listed.letter, maskAction) };
}
