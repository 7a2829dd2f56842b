/** A kpool command line, quoted for a shell. */
export function commandOf(...words: readonly string[]): string {
  return ['kpool', ...words].map(quoteWord).join(' ');
}

/** Quotes a name with blanks or quotes as one shell word. */
function quoteWord(word: string): string {
  return /^[\w.,:/@+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
