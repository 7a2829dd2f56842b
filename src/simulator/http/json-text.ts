import type { NumberForm } from '../quirks';

/** A field of an object: its name and its value as JSON text; undefined omits the field. */
export type JsonField = readonly [name: string, json: string | undefined];

/** JSON is written by hand, so that every number keeps its exact token and never becomes a JavaScript number. */
export function formatJsonObject(fields: readonly JsonField[], extra: string | null = null): string {
  const own = fields
    .filter(([, json]) => json !== undefined)
    .map(([name, json]) => `${JSON.stringify(name)}:${json}`);
  const more = extra === null ? '' : extra.trim().slice(1, -1).trim();
  return `{${[...own, ...(more === '' ? [] : [more])].join(',')}}`;
}

export function formatJsonList(items: readonly string[]): string {
  return `[${items.join(',')}]`;
}

/** A number's digits as a JSON number or string. `odd` decides if the form is mixed. */
export function formatJsonNumber(digits: string, form: NumberForm, odd = false): string {
  const asString = form === 'string' || (form === 'mixed' && odd);
  return asString ? `"${digits}"` : digits;
}
