/** Currencies are in capitals in the ledger. */
export function parseCurrency(text: string): string {
  return text.toUpperCase();
}
