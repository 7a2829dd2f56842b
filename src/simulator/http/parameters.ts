import { Refusal, SYSTEM_CODES } from './envelope';

const DIGITS = /^\d{1,19}$/;
const COIN = /^[A-Za-z0-9]{1,20}$/;

function rejectParameter(detail: string): never {
  throw new Refusal(SYSTEM_CODES.parameter, detail);
}

/** Reads a query string as strictly as its specification allows; every refusal is code 400100. */
export class Parameters {
  private readonly values: ReadonlyMap<string, readonly string[]>;
  private readonly read = new Set<string>();

  constructor(search: URLSearchParams) {
    const values = new Map<string, string[]>();
    for (const [name, value] of search) values.set(name, [...(values.get(name) ?? []), value]);
    this.values = values;
  }

  /** The one value of a parameter, or null when it is not there. An empty value is a mistake. */
  find(name: string): string | null {
    this.read.add(name);
    const values = this.values.get(name) ?? [];
    const [value] = values;
    if (value === undefined) return null;
    if (values.length > 1) rejectParameter(`${name} is given ${values.length} times`);
    if (value === '') rejectParameter(`${name} is empty`);
    return value;
  }

  /** As `find`, but an empty value counts as missing. */
  findCredential(name: string): string | null {
    return this.values.get(name)?.every((value) => value === '') === true ? null : this.find(name);
  }

  get(name: string): string {
    return this.find(name) ?? rejectParameter(`${name} is missing`);
  }

  /** A Long that a JavaScript number can hold. */
  findInteger(name: string): number | null {
    const text = this.find(name);
    if (text === null) return null;
    const value = Number(text);
    return DIGITS.test(text) && Number.isSafeInteger(value)
      ? value
      : rejectParameter(`${name} is not an integer`);
  }

  getInteger(name: string, min: number, max: number): number {
    const value = this.findInteger(name) ?? rejectParameter(`${name} is missing`);
    return value >= min && value <= max ? value : rejectParameter(`${name} is not between ${min} and ${max}`);
  }

  getId(name: string): bigint {
    const text = this.get(name);
    return DIGITS.test(text) ? BigInt(text) : rejectParameter(`${name} is not an id`);
  }

  getChoice<Choice extends string>(name: string, choices: readonly Choice[]): Choice {
    const text = this.get(name);
    return (
      choices.find((choice) => choice === text) ?? rejectParameter(`${name} is none of ${choices.join(', ')}`)
    );
  }

  findCoin(): string | null {
    const coin = this.find('coinName');
    return coin === null || COIN.test(coin) ? coin : rejectParameter('coinName is no currency');
  }

  getCoin(): string {
    return this.findCoin() ?? rejectParameter('coinName is missing');
  }

  /** To be called once everything was read: what is left over is unknown. */
  finish(): void {
    for (const name of this.values.keys()) if (!this.read.has(name)) rejectParameter(`${name} is unknown`);
  }
}
