export interface FuzzJob {
  /** Of all targets together, or of the one that `only` names. */
  readonly inputs: number;
  /** The same inputs for the same number. */
  readonly seed: number;
  readonly only: string | null;
  /** The number of the first input of each target: to try one again. */
  readonly first: number;
  /** Two Int32 that the worker keeps: the index of the target, and the number of its input. */
  readonly progress: SharedArrayBuffer;
}

export interface TargetReport {
  readonly target: string;
  readonly inputs: number;
  /** Inputs that were accepted; the others were refused with a typed error or a fault. */
  taken: number;
  /** With the making of the inputs. */
  seconds: number;
  slowestMs: number;
  slowestInput: number;
  /** In use when the target was done, garbage included. */
  heapMb: number;
}

export type FuzzMessage =
  | { readonly kind: 'report'; readonly report: TargetReport }
  | { readonly kind: 'bug'; readonly target: string; readonly input: number; readonly shown: string; readonly error: string };
