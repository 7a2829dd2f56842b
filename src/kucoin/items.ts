import type { z } from 'zod';
import type { DecimalText } from '../core/decimal';
import type { ExtraJson } from '../domain/entities';
import type { UnreadableRow } from '../domain/page';
import type { JsonObject, JsonValue } from './json';
import { isJsonObject, isStorable, JsonNumber, storableText, writeJson, writeJsonbText } from './json';

/** Names of the fields in which U+0000 or a lone surrogate was replaced, within `extra`. */
const REPLACED_FIELD = '_nul_replaced';
const NO_FIELDS: ReadonlySet<string> = new Set();

/** What `readItem` needs of a zod object schema. */
interface ItemSchema<Fields> {
  readonly shape: object;
  safeParse(input: unknown): z.ZodSafeParseResult<Fields>;
}

/** An item that was parsed: its known fields, and the item itself for what goes to `extra`. */
export interface ReadItem<Fields> {
  readonly fields: Fields;
  /**
   * As the text of a JSON object: the unknown fields, those in `unread` as served, and the numbers in `alsoKept` under
   * their names; null if there are none.
   */
  extra(alsoKept?: Readonly<Record<string, DecimalText>>, unread?: ReadonlySet<string>): ExtraJson;
}

/** Reads each item of a list separately: an unreadable one never stops the others (P8). */
export function readItems<Row>(
  items: readonly JsonValue[],
  read: (item: JsonValue) => Row | Unreadable,
): { rows: Row[]; unreadable: UnreadableRow[] } {
  const rows: Row[] = [];
  const unreadable: UnreadableRow[] = [];
  for (const item of items) {
    const result = read(item);
    if (result instanceof Unreadable) {
      const { reason, minedAtMs } = result;
      unreadable.push({ raw: writeJson(item), reason, ...(minedAtMs === undefined ? {} : { minedAtMs }) });
    } else rows.push(result);
  }
  return { rows, unreadable };
}

/** Why an item cannot be read: one sentence without a full stop. */
export class Unreadable {
  constructor(
    readonly reason: string,
    /** Its mining date, which may be readable although other fields are not. */
    readonly minedAtMs?: number,
  ) {}
}

/** Checks one item against its schema. */
export function readItem<Fields>(schema: ItemSchema<Fields>, item: JsonValue): ReadItem<Fields> | Unreadable {
  if (!isJsonObject(item)) return new Unreadable(`the item is ${describeKind(item)}, not an object`);
  const parsed = schema.safeParse(item);
  if (!parsed.success) {
    const isDated = !parsed.error.issues.some(({ path: [field] }) => field === 'miningDate');
    return new Unreadable(
      describeIssues(parsed.error.issues),
      isDated ? findInstant(item['miningDate']) : undefined,
    );
  }
  return {
    fields: parsed.data,
    extra: (alsoKept = {}, unread = NO_FIELDS) => extraOf(item, schema.shape, alsoKept, unread),
  };
}

/** An instant, served as a number or a text. Not every schema checks the field, so it may be anything. */
function findInstant(value: JsonValue | undefined): number | undefined {
  const text = value instanceof JsonNumber ? value.text : value;
  if (typeof text !== 'string') return undefined;
  const instant = Number(text);
  return Number.isSafeInteger(instant) && instant > 0 ? instant : undefined;
}

/** Each issue as "field problem", for people. */
export function describeIssues(issues: readonly z.core.$ZodIssue[]): string {
  return issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; ');
}

export function describeKind(value: JsonValue | undefined): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (value instanceof JsonNumber) return 'a number';
  if (Array.isArray(value)) return 'a list';
  return { string: 'a text', boolean: 'true or false', object: 'an object' }[
    typeof value as 'string' | 'boolean' | 'object'
  ];
}

function extraOf(
  item: JsonObject,
  known: object,
  alsoKept: Readonly<Record<string, DecimalText>>,
  unread: ReadonlySet<string>,
): ExtraJson {
  // A number looks the same whether it was served as a number or a text: `extra` must not change with that.
  const members = Object.entries(alsoKept).map(([name, decimal]) => `${JSON.stringify(name)}:${decimal}`);
  const replaced: string[] = [];
  for (const [name, value] of Object.entries(item)) {
    if (!isStorable(name) || !isStorable(value)) replaced.push(name);
    if (Object.hasOwn(known, name) && !unread.has(name)) continue;
    members.push(`${JSON.stringify(storableText(name))}:${writeJsonbText(value)}`);
  }
  if (replaced.length > 0) members.push(`"${REPLACED_FIELD}":${writeJsonbText(replaced)}`);
  return members.length === 0 ? null : `{${members.join(',')}}`;
}
