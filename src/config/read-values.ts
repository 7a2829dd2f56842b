import { readFileSync } from 'node:fs';
import { Secret } from '../core/secret';
import type { Environment } from './env-file';
import type { Mistakes } from './mistakes';
import { findClosest } from './spelling';
import { VARIABLES, type Values, type Variable, type VariableName } from './variables';
import { withoutUserInfo } from './web-address';

/** The part of a wrong value that a message shows. */
const MAX_SHOWN_LENGTH = 80;

/** One source of variables: the environment, or a `.env` file. */
export interface Source {
  /** Follows a variable's name in a message: empty, or ` in .env`. */
  readonly label: string;
  readonly variables: Environment;
}

export interface ReadValues {
  readonly values: Values & Readonly<Record<string, unknown>>;
  /** The variables that some source sets, valid or not. */
  readonly given: ReadonlySet<string>;
}

type Variables = Readonly<Record<string, Variable<unknown>>>;

/**
 * Every variable's value. The first source that sets one takes precedence; an empty text counts as unset, since that is
 * what compose files make of an unset variable. After a mistake the value is meaningless: check `mistakes`.
 */
export function readValues(variables: Variables, sources: readonly Source[], mistakes: Mistakes): ReadValues {
  reportUnknownNames(variables, sources, mistakes);
  const all = Object.entries(variables);
  const isGiven = ([name, { isSecret }]: (typeof all)[number]): boolean =>
    findValueText(name, sources) !== null || (isSecret && findValueText(`${name}_FILE`, sources) !== null);
  return {
    values: Object.fromEntries(
      all.map(([name, variable]) => [name, readValue(name, variable, sources, mistakes)]),
    ) as ReadValues['values'],
    given: new Set(all.filter(isGiven).map(([name]) => name)),
  };
}

/** The text of a variable, and where it is set; null when no source sets it. */
function findValueText(name: string, sources: readonly Source[]): { text: string; subject: string } | null {
  const isAnyCase = Object.hasOwn(VARIABLES, name) && VARIABLES[name as VariableName].isAnyCase === true;
  for (const source of sources) {
    for (const spelling of isAnyCase ? [name.toLowerCase(), name] : [name]) {
      const text = source.variables[spelling]?.trim() ?? '';
      if (text !== '') return { text, subject: spelling + source.label };
    }
  }
  return null;
}

function readValue(
  name: string,
  { kind, defaultText, isSecret }: Variable<unknown>,
  sources: readonly Source[],
  mistakes: Mistakes,
): unknown {
  const found = isSecret
    ? findSecretText(name, kind.expects, sources, mistakes)
    : findValueText(name, sources);
  if (found === null && defaultText === null) return null;
  const text = found?.text ?? defaultText ?? '';
  const value = kind.find(text);
  if (value === null) {
    const detail = kind.explain?.(text);
    mistakes.add(
      found?.subject ?? name,
      detail?.found ?? (isSecret ? 'a value that does not fit (not shown)' : quoteValue(text)),
      detail?.expected ?? kind.expects,
    );
    return null;
  }
  return isSecret && typeof value === 'string' ? new Secret(value) : value;
}

function quoteValue(text: string): string {
  const shown = withoutUserInfo(text);
  return JSON.stringify(shown.length > MAX_SHOWN_LENGTH ? `${shown.slice(0, MAX_SHOWN_LENGTH)}…` : shown);
}

/** A secret from `NAME`, or from the file that `NAME_FILE` names, less one newline at its end. */
function findSecretText(
  name: string,
  expects: string,
  sources: readonly Source[],
  mistakes: Mistakes,
): { text: string; subject: string } | null {
  const direct = findValueText(name, sources);
  const file = findValueText(`${name}_FILE`, sources);
  if (file === null) return direct;
  if (direct !== null) {
    mistakes.add(file.subject, `a file although ${direct.subject} is set too`, 'only one of the two');
    return null;
  }
  try {
    const text = readFileSync(file.text, 'utf8').replace(/\r?\n$/, '');
    if (text !== '') return { text, subject: file.subject };
    mistakes.add(file.subject, 'an empty file', expects);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'an error';
    mistakes.add(
      file.subject,
      `${quoteValue(file.text)}, which cannot be read (${code})`,
      'the path of a file that holds the secret',
    );
  }
  return null;
}

/** Names that only tests read. */
const TEST_PREFIX = 'KPOOL_TEST_';

function reportUnknownNames(variables: Variables, sources: readonly Source[], mistakes: Mistakes): void {
  const all = Object.entries(variables);
  const known = new Set<string>(all.flatMap(spellingsOf));
  // Variables that other programs read too, and names like them, are probably meant for those.
  const unset = all
    .filter(([, { isAnyCase }]) => isAnyCase !== true)
    .flatMap(spellingsOf)
    .filter((name) => findValueText(name, sources) === null);
  for (const { label, variables: given } of sources) {
    for (const name of Object.keys(given)) {
      if (known.has(name) || name.startsWith(TEST_PREFIX)) continue;
      const isOurs = /^(?:KUCOIN_POOL|KPOOL)_/i.test(name);
      // A name that resembles a variable that is already set does no harm: only unset ones may have been meant.
      const meant = findMeant(name, unset);
      if (isOurs)
        mistakes.add(name + label, 'a name that is not known', meant ?? 'one of the names in .env.example');
      else if (meant !== null) mistakes.warn(`${name}${label} is not read by kpool: did you mean ${meant}?`);
    }
  }
}

function spellingsOf([name, { isSecret, isAnyCase }]: readonly [string, Variable<unknown>]): string[] {
  const names = isAnyCase === true ? [name, name.toLowerCase()] : [name];
  return isSecret ? [...names, `${name}_FILE`] : names;
}

function findMeant(name: string, candidates: readonly string[]): string | null {
  // Most programs for KuCoin's exchange name theirs KUCOIN_API_KEY.
  const longer = name.replace(/^KUCOIN_(?!POOL_)/, 'KUCOIN_POOL_');
  // Two typos in a short name make another word: PORT is not COINS.
  return name.length < 8 ? null : findClosest(longer, candidates);
}
