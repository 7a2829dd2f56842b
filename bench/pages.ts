import postgres from 'postgres';
import { Secret } from '../src/core/secret';
import { PERIODS, readFrame } from '../src/report/page/filter';
import { openPageReader } from '../src/web/page-reader';
import { NO_QUERY } from '../src/web/query';
import { atMost, type Bench, type Figure } from './figure';
import { withLargeDatabase } from './large-data';
import { msOf } from './timed-questions';

const LIMIT_MS = 300;
const ROUNDS = 3;

async function timePages(url: string, log: (line: string) => void): Promise<readonly Figure[]> {
  const reader = openPageReader({
    databaseUrl: new Secret(url),
    judged: null,
    allowedPerHour: null,
    readQueue: () => Promise.resolve(null),
  });
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  const figures: Figure[] = [];
  const time = async (page: string, read: () => Promise<unknown>): Promise<void> => {
    log(page);
    const values: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) values.push(await msOf(read));
    figures.push({ what: `${page}, ms`, values, baseline: null, target: atMost(LIMIT_MS) });
  };
  try {
    for (const period of Object.keys(PERIODS) as (keyof typeof PERIODS)[]) {
      const filter = { ...NO_QUERY.filter, period };
      const frame = await readFrame(sql, filter);
      await time(`income, ${period}`, () => reader.income(filter, frame));
      await time(`fleet, ${period}`, () => reader.fleet(filter, frame));
    }
    await time('overview', () => reader.overview(NO_QUERY.filter, 'none here'));
    await time('sync', () => reader.sync(NO_QUERY.filter));
    return figures;
  } finally {
    await sql.end();
    await reader.close();
  }
}

export const pages: Bench = {
  name: 'pages',
  title: 'How fast the data of each page are read, from the same database as the reports',
  minutes: 20,
  run: (log) => withLargeDatabase(log, (url) => timePages(url, log)),
};
