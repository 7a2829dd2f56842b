/** A call of kpool as one would type it. */
export function commandOf(...words: readonly string[]): string {
  return ['kpool', ...words].map(quoteWord).join(' ');
}

/** A name with a blank or a quote is one word to a shell all the same. */
function quoteWord(word: string): string {
  return /^[\w.,:/@+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
