/** What a child and its supervisor send each other. `id` is the sender's number of the request. */
export type Message =
  /** A child was asked for its metrics and wants those of all. */
  | { readonly kind: 'collect'; readonly id: number }
  /** The reply to `collect`. */
  | { readonly kind: 'collected'; readonly id: number; readonly body: string }
  /** The supervisor wants the metrics of one child. */
  | { readonly kind: 'render'; readonly id: number }
  /** The reply to `render`. */
  | { readonly kind: 'rendered'; readonly id: number; readonly body: string };

/** Node's own messages between a cluster's processes do not have these fields. */
export function isMessage(value: unknown): value is Message {
  const { kind, id } = (value ?? {}) as { kind?: unknown; id?: unknown };
  return typeof kind === 'string' && typeof id === 'number';
}
