/** Control characters, and the marks that reorder text: what a name from outside could steer a terminal with. */
const UNPRINTABLE = /[\p{Cc}\u061C\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu;

/** What JSON lets through as it is, though it may steer a terminal or hide from a reader. */
const UNPRINTABLE_IN_JSON = /[\u007F-\u009F\p{Cf}\p{Zl}\p{Zp}]/gu;

/** JSON text whose strings hold no such character: escaped, so that its value is the same. */
export function toPrintableJson(json: string): string {
  return json.replace(UNPRINTABLE_IN_JSON, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/** `text` on one line, every character that would move the cursor or change colours shown as `\u001b`. */
export function toPrintable(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}
