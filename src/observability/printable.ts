/** Control characters and bidirectional marks, with which untrusted text could control a terminal. */
const UNPRINTABLE = /[\p{Cc}\u061C\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu;

/** Characters that JSON leaves unescaped although they may control a terminal or be invisible. */
const UNPRINTABLE_IN_JSON = /[\u007F-\u009F\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Escapes those characters in JSON text, without changing its value. */
export function toPrintableJson(json: string): string {
  return json.replace(UNPRINTABLE_IN_JSON, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/** `text` on one line, with control characters escaped like `\u001b`. */
export function toPrintable(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}
