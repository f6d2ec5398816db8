/** Control and format characters: they drive a terminal, and hide or reorder what a person reads. */
const INVISIBLE = /[\p{Cc}\p{Cf}]/gu;

/** The text as a person may see it, on one line. Each control or format character is shown as U+FFFD. */
export function printable(text: string): string {
  return text.replaceAll(INVISIBLE, '\ufffd');
}

/** What `JSON.stringify` leaves in texts as it is; what is below U+0020 it escapes, and its own line breaks are not among these. */
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
