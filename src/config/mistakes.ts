import { KpoolError } from '../core/errors';

/** Collects every mistake in the configuration, to report them together. */
export class Mistakes {
  private readonly lines: string[] = [];
  private readonly warned: string[] = [];

  /** `found` and `expected` complete "found …" and "expected …"; neither may hold a secret. */
  add(subject: string, found: string, expected: string): void {
    this.lines.push(`${subject}: found ${found}, expected ${expected}`);
  }

  /** Adds a warning: a sentence, without a secret. */
  warn(sentence: string): void {
    this.warned.push(sentence);
  }

  get warnings(): readonly string[] {
    return this.warned;
  }

  /** Throws `config.invalid` with every mistake on a line of its own, if there is any. */
  throwIfAny(): void {
    if (this.lines.length === 0) return;
    const heading =
      this.lines.length === 1
        ? 'The configuration has a mistake:'
        : `The configuration has ${this.lines.length} mistakes:`;
    throw new KpoolError('config.invalid', [heading, ...this.lines.map((line) => `  ${line}`)].join('\n'), {
      hint: 'Correct it in .env or in the environment; .env.example explains every variable.',
    });
  }
}
