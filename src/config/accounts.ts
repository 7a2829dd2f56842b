import { readFileSync, statSync } from 'node:fs';
import type { Credentials } from '../core/credentials';
import { Secret } from '../core/secret';
import type { Mistakes } from './mistakes';
import { accountNameKind, credential, passphrase } from './value-kinds';

/** One API key, with the name that the user gives its owner. */
export interface AccountCredentials extends Credentials {
  readonly name: string;
}

const MAX_ACCOUNTS = 1_000;
const FIELDS = 'the fields name, apiKey, apiSecret, apiPassphrase and no other';

const KIND_BY_FIELD = {
  name: accountNameKind,
  apiKey: credential,
  apiSecret: credential,
  apiPassphrase: passphrase,
} as const;
type Field = keyof typeof KIND_BY_FIELD;

/**
 * The accounts of a JSON file `[{name, apiKey, apiSecret, apiPassphrase}, …]`. Mistakes are reported by the
 * entry's index and field, never by value; a file that other users may read gives a warning.
 */
export function readAccountsFile(filePath: string, mistakes: Mistakes): readonly AccountCredentials[] {
  const subject = `KUCOIN_POOL_ACCOUNTS_FILE (${filePath})`;
  let text: string;
  try {
    text = readFileSync(filePath, 'utf8').replace(/^\uFEFF/, '');
    // Windows has access lists instead of these bits.
    if (process.platform !== 'win32' && (statSync(filePath).mode & 0o077) !== 0) {
      mistakes.warn(`${filePath} holds secrets and other users may read it: chmod 600 it.`);
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'an error';
    mistakes.add(subject, `no readable file (${code})`, 'a JSON file with a list of accounts');
    return [];
  }
  const list = parseList(text, subject, mistakes);
  const accounts = list.flatMap((entry, index) => parseEntry(entry, `${subject}[${index}]`, mistakes));
  if (accounts.length === list.length) reportDuplicates(accounts, subject, mistakes);
  return accounts;
}

function parseList(text: string, subject: string, mistakes: Mistakes): readonly unknown[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    // Node's own message quotes the text, which holds secrets: only the position is used.
    const position = /position (\d+)/.exec(String(error))?.[1];
    const line =
      position === undefined ? '' : ` (line ${text.slice(0, Number(position)).split('\n').length})`;
    mistakes.add(subject, `text that is not JSON${line}`, 'a JSON list of accounts');
    return [];
  }
  if (Array.isArray(json) && json.length > 0 && json.length <= MAX_ACCOUNTS) return json;
  const found = !Array.isArray(json)
    ? 'no list'
    : json.length === 0
      ? 'an empty list'
      : `${json.length} entries`;
  mistakes.add(subject, found, `a JSON list of 1 to ${MAX_ACCOUNTS} accounts`);
  return [];
}

function parseEntry(entry: unknown, subject: string, mistakes: Mistakes): AccountCredentials[] {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    mistakes.add(subject, 'no object', FIELDS);
    return [];
  }
  const read = (field: Field): string | null => findField(entry, field, `${subject}.${field}`, mistakes);
  const [name, apiKey, apiSecret, apiPassphrase] = [
    read('name'),
    read('apiKey'),
    read('apiSecret'),
    read('apiPassphrase'),
  ];
  const isKnown = Object.keys(entry).every((field) => Object.hasOwn(KIND_BY_FIELD, field));
  if (!isKnown) mistakes.add(subject, 'a field that is not known', FIELDS);
  if (!isKnown || name === null || apiKey === null || apiSecret === null || apiPassphrase === null) return [];
  return [
    {
      name,
      apiKey: new Secret(apiKey),
      apiSecret: new Secret(apiSecret),
      apiPassphrase: new Secret(apiPassphrase),
    },
  ];
}

function findField(entry: object, field: Field, subject: string, mistakes: Mistakes): string | null {
  const given: unknown = Object.hasOwn(entry, field) ? entry[field as keyof typeof entry] : undefined;
  if (typeof given !== 'string') {
    mistakes.add(subject, given === undefined ? 'nothing' : 'something that is not a text', 'a text');
    return null;
  }
  const { find, expects } = KIND_BY_FIELD[field];
  const value = find(given);
  if (value === null) mistakes.add(subject, 'a value that does not fit (not shown)', expects);
  return value;
}

function reportDuplicates(
  accounts: readonly AccountCredentials[],
  subject: string,
  mistakes: Mistakes,
): void {
  const indexByName = new Map<string, number>();
  const indexByKey = new Map<string, number>();
  accounts.forEach((account, index) => {
    // For someone who reads a report, two names that differ only in case are the same.
    const name = account.name.toLowerCase();
    const key = account.apiKey.reveal();
    const sameName = indexByName.get(name);
    const sameKey = indexByKey.get(key);
    if (sameName !== undefined)
      mistakes.add(`${subject}[${index}].name`, `the name of entry ${sameName} again`, 'a name of its own');
    if (sameKey !== undefined)
      mistakes.add(`${subject}[${index}].apiKey`, `the key of entry ${sameKey} again`, 'a key of its own');
    indexByName.set(name, index);
    indexByKey.set(key, index);
  });
}
