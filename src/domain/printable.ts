/** Control and format characters: they control a terminal, and can hide or reorder text. */
const INVISIBLE = /[\p{Cc}\p{Cf}]/gu;

/** The text as a person may see it, on one line. Each control or format character is shown as U+FFFD. */
export function printable(text: string): string {
  return text.replaceAll(INVISIBLE, '\ufffd');
}

/**
 * The control and format characters that `JSON.stringify` does not escape. It escapes characters below U+0020, and its own line
 * breaks are not in this set.
 */
const LEFT_IN_JSON = /[\u007f-\u009f\p{Cf}]/gu;

/** JSON of the value for a terminal, equal to it when it is read: control and format characters are escaped. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replaceAll(LEFT_IN_JSON, escapeUnits);
}

function escapeUnits(character: string): string {
  return Array.from({ length: character.length }, (_, unit) => escapeUnit(character.charCodeAt(unit))).join('');
}

function escapeUnit(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
