import { fileURLToPath } from 'node:url';

/** Absolute path of the checkout's root. */
export const CHECKOUT = fileURLToPath(new URL('..', import.meta.url));
