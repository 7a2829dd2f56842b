import postgres from 'postgres';
import { atMost, type Figure } from './figure';

/** A query as a person or a BI tool sends it. */
export interface Question {
  readonly what: string;
  readonly query: string;
  /** Null: reported, not judged. */
  readonly limitMs: number | null;
  /** The same question to the plain rows, without the maintained totals; if given, the ratio is judged. */
  readonly plainQuery?: string;
}

const ROUNDS = 3;

export async function msOf(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

/** Asks each question three times, alternating with its plain form. */
export async function timeQuestions(
  url: string,
  questions: readonly Question[],
  log: (line: string) => void,
): Promise<readonly Figure[]> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  const figures: Figure[] = [];
  for (const { what, query, limitMs, plainQuery } of questions) {
    log(what);
    const [values, plain]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      values.push(await msOf(() => sql.unsafe(query)));
      if (plainQuery !== undefined) plain.push(await msOf(() => sql.unsafe(plainQuery)));
    }
    figures.push({
      what: `${what}, ms`,
      values,
      baseline: plainQuery === undefined ? null : { name: 'the plain rows', values: plain },
      target: limitMs === null ? null : plainQuery === undefined ? atMost(limitMs) : atMost(1),
    });
  }
  await sql.end();
  return figures;
}
