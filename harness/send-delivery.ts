import { type SignatureStyle, signDelivery } from '../simulator/sign-delivery.ts';

export interface DeliveryOptions {
  /** Signs the delivery; without it the delivery is not signed. */
  readonly secret?: string;
  readonly style?: SignatureStyle;
  readonly headers?: Readonly<Record<string, string>>;
  /** Aborts the request. */
  readonly signal?: AbortSignal;
}

export interface DeliveryAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** JSON if the response is JSON, else text. */
  readonly body: unknown;
}

/** The body of a 202 to a delivery. */
export interface AcceptedBody {
  readonly accepted: number;
  readonly duplicate: number;
  readonly ignored: number;
  readonly events: readonly { readonly id: string; readonly status: 'accepted' | 'duplicate' | 'ignored' }[];
}

/** POSTs `body` to the service like a signing sender: the signature covers exactly the bytes that are sent. */
export async function sendDelivery(
  url: string,
  body: string | Uint8Array,
  options: DeliveryOptions = {},
): Promise<DeliveryAnswer> {
  const signature = options.secret === undefined ? {} : signDelivery(options.secret, body, options.style);
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...signature, ...options.headers },
    body: typeof body === 'string' ? body : new Uint8Array(body),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: parseBody(response, text) };
}

function parseBody(response: Response, text: string): unknown {
  return /\bjson\b/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : text;
}
