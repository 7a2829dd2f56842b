// Prints what was mined of each coin in a month, item by item and in total, and the machines that are not working.
//
//     npm run build && DATABASE_URL=postgres://reader:password@127.0.0.1:5432/kpool node examples/read-income.mjs 2026-10
import { openLedger } from 'kucoin-pool-sync';

const month = process.argv[2];
const fromDay = `${month}-01`;
const next = new Date(`${fromDay}T00:00:00Z`);
next.setUTCMonth(next.getUTCMonth() + 1);
const beforeDay = next.toISOString().slice(0, 10);

const ledger = await openLedger(process.env.DATABASE_URL);
try {
  for await (const item of ledger.income({ fromDay, beforeDay })) {
    // The amount is text, and stays exact until you calculate with it: do that in a decimal library, or in SQL.
    console.log(
      `${item.miningDate} ${item.subAccount} ${item.puid} ${item.amount} ${item.currency} ${item.status}`,
    );
  }
  const { dailyIncome } = await ledger.views();
  const sums = await dailyIncome.groupBy({
    by: ['currency'],
    where: { day: { gte: new Date(fromDay), lt: next } },
    _sum: { total: true },
    orderBy: { currency: 'asc' },
  });
  // A Decimal, summed by PostgreSQL.
  for (const { currency, _sum } of sums) console.log(`${_sum.total?.toFixed() ?? 0} ${currency}`);
  for (const { workerName, status, lastShareAt } of await ledger.machines()) {
    if (status !== 'ACTIVE')
      console.log(`${workerName} is not at work, last share: ${lastShareAt?.toISOString() ?? 'none'}`);
  }
} finally {
  await ledger.close();
}
