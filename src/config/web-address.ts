/** Parses `text` as a URL; null when it is none. */
export function findUrl(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}

/** `text` without the user and password that an address may carry: for messages. */
export function withoutUserInfo(text: string): string {
  return text.replace(/\/\/[^/\s]*@/g, '//[redacted]@');
}
