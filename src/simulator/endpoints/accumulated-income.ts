import { formatJsonList, formatJsonNumber, formatJsonObject } from '../http/json-text';
import type { Answer } from './endpoint';
import { writeAmount } from './income-item';

/** GET /v1/external/user/earn */
export const queryAccountIncome: Answer = ({ world, account, parameters, quirks }) => {
  const coin = parameters.getCoin();
  parameters.finish();
  return writeAmount(world.accountTotal(account.name, coin, quirks), quirks, true);
};

/** GET /v1/external/sub-user/earn: sub-accounts that are gone keep what they earned. */
export const querySubAccountIncome: Answer = ({ world, account, parameters, quirks }) => {
  const coin = parameters.getCoin();
  parameters.finish();
  const totals = account.subAccounts.map(({ puid, pname, removed }) => ({
    puid,
    pname,
    removed,
    amount: world.subAccountTotal(account.name, puid, coin, quirks),
  }));
  const listed = totals.filter(
    ({ amount, removed }) => amount !== '0' || (!removed && quirks.zeroIncome === 'listed'),
  );
  return formatJsonList(
    listed.map(({ puid, pname, amount }) =>
      formatJsonObject([
        ['puid', formatJsonNumber(String(puid), quirks.ids, puid % 2n === 1n)],
        ['pname', JSON.stringify(pname)],
        ['amount', writeAmount(amount, quirks, puid % 2n === 1n)],
      ]),
    ),
  );
};
