/** Shorter numbers are extensions: each organisation has its own spelling of them. */
const SHORTEST_PHONE_NUMBER = 7;

/**
 * Returns one spelling for each address, for comparison only; `''` when there is nothing to compare.
 *
 * - telephone numbers (RFC 3966 `tel:` or bare): without scheme, visual separators and parameters, except an extension:
 * `tel:+1 (317) 555-0100` is `+13175550100`. A number without `+` is not completed: its country is not known.
 * - SIP URIs (RFC 3261): without parameters and headers, host in lower case; one whose user is an international number
 *   is that number: `sip:+13175550100@carrier.example;user=phone` is `+13175550100`
 * - e-mail addresses in lower case, without `mailto:`
 * - everything else (extensions, ids of messaging platforms) only trimmed
 */
export function normaliseAddress(address: string): string {
  const text = address.trim();
  const [, scheme = '', rest = text] = /^(tel|sips?|mailto):(.*)$/is.exec(text) ?? [];
  switch (scheme.toLowerCase()) {
    case 'tel':
      return normaliseNumber(rest);
    case 'sip':
    case 'sips':
      return normaliseSip(rest);
    case 'mailto':
      return rest.split('?', 1).join('').trim().toLowerCase();
    default:
      return normaliseBare(text);
  }
}

function normaliseBare(text: string): string {
  if (text.includes('@')) return text.toLowerCase();
  const number = normaliseNumber(text);
  return /^\+?\d+(?:;ext=\d+)?$/.test(number) && digitsOf(number) >= SHORTEST_PHONE_NUMBER ? number : text;
}

function digitsOf(number: string): number {
  return number.split(';', 1).join('').replace(/\D/g, '').length;
}

/** RFC 3966: visual separators mean nothing; of the parameters only `ext` identifies who is reached. */
function normaliseNumber(text: string): string {
  const [number = '', ...parameters] = text.split(';');
  const extension = parameters.map((parameter) => /^\s*ext=(.+)$/i.exec(parameter)?.[1]).find((value) => value !== undefined);
  const digits = stripSeparators(number);
  return extension === undefined ? digits : `${digits};ext=${stripSeparators(extension)}`;
}

function stripSeparators(number: string): string {
  return number.replace(/[\s().\-/]/g, '').toLowerCase();
}

function normaliseSip(rest: string): string {
  const at = rest.lastIndexOf('@');
  const user = rest.slice(0, Math.max(at, 0)).split(';', 1).join('');
  const host = rest
    .slice(at + 1)
    .split(/[;?]/, 1)
    .join('')
    .trim()
    .toLowerCase();
  if (/^\+[\d\s().-]+$/.test(user)) return stripSeparators(user);
  return user === '' ? `sip:${host}` : `sip:${user}@${host}`;
}
