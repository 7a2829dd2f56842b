/** Control characters, and the marks that reorder text: what a name from outside could steer a terminal with. */
const UNPRINTABLE = /[\p{Cc}\u061C\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu;

/** `text` on one line, every character that would move the cursor or change colours shown as `\u001b`. */
export function toPrintable(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}
