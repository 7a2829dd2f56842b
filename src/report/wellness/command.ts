/** A kpool command line, quoted for a shell. */
export function commandOf(...words: readonly string[]): string {
  return ['kpool', ...words].map(quoteWord).join(' ');
}

/** Quotes a word for the shell if necessary. */
function quoteWord(word: string): string {
  return /^[\w.,:/@+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
