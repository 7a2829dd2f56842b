/** Where a text came from, and the text. */
export interface Exhibit {
  readonly place: string;
  readonly text: string;
}

/** Every way in which a secret may be written down, apart from those that cannot be undone. */
function formsOf(secret: string): string[] {
  const base64 = Buffer.from(secret).toString('base64');
  const base64Url = Buffer.from(secret).toString('base64url');
  const form = new URLSearchParams({ x: secret }).toString().slice('x='.length);
  const forms = [secret, encodeURIComponent(secret), form, JSON.stringify(secret).slice(1, -1)];
  const encoded = [base64, base64.replace(/=+$/, ''), encodeURIComponent(base64), base64Url];
  return [...new Set([...forms, ...encoded, Buffer.from(secret).toString('hex')])];
}

/** The places that contain a secret, each with the secret's name and never with the secret. */
export function findSecrets(
  exhibits: readonly Exhibit[],
  secrets: Readonly<Record<string, string>>,
): string[] {
  const wanted = Object.entries(secrets).map(([name, secret]) => ({ name, forms: formsOf(secret) }));
  return exhibits.flatMap(({ place, text }) =>
    wanted
      .filter(({ forms }) => forms.some((form) => text.includes(form)))
      .map(({ name }) => `${name} in ${place}`),
  );
}
