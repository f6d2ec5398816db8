import type { Random } from '../chaos/random.ts';

/** One input, made and not yet tried. */
export interface Trial {
  /** Whether the input was taken; a typed refusal is as good. @throws whatever breaks a property: a bug was found */
  holds(): boolean | Promise<boolean>;
  /** The input, for the report of a bug. */
  show(): string;
}

/** A parser that strangers reach, and what must be true of it whatever the input. */
export interface FuzzTarget {
  readonly name: string;
  /** Of all inputs, from 0 to 1. */
  readonly share: number;
  /** The same trial for the same numbers. */
  createTrial(random: Random): Trial;
}

class BrokenProperty extends Error {
  override readonly name = 'BrokenProperty';
}

/** @throws BrokenProperty */
export function mustHold(condition: boolean, property: string): void {
  if (!condition) throw new BrokenProperty(property);
}
