import { formatJsonList, formatJsonNumber, formatJsonObject } from '../http/json-text';
import type { Quirks } from '../quirks';
import type { SimSubAccount } from '../world/sim-account';
import type { SubAccountRates } from '../world/world';
import type { Answer } from './endpoint';
import { formatRate, servedUnit } from './income-item';

function formatSubAccount(subAccount: SimSubAccount, rates: SubAccountRates, quirks: Quirks): string {
  const odd = subAccount.puid % 2n === 1n;
  const rate = (value: string) => formatRate(value, 'H', quirks, odd);
  return formatJsonObject(
    [
      ['dayHashRate', rate(rates.dayHashRate)],
      ['defaultAlgo', JSON.stringify(subAccount.defaultAlgo)],
      ['hashUnit', JSON.stringify(servedUnit('H', quirks))],
      ['hourHashRate', rate(rates.hourHashRate)],
      ['pname', JSON.stringify(subAccount.pname)],
      ['puid', formatJsonNumber(String(subAccount.puid), quirks.ids, odd)],
      ['realHashRate', rate(rates.realHashRate)],
    ],
    subAccount.extra,
  );
}

/** GET /v1/external/user/query */
export const querySubAccounts: Answer = ({ world, account, parameters, quirks }) => {
  parameters.finish();
  return formatJsonList(
    world
      .subAccounts(account.name)
      .map((subAccount) =>
        formatSubAccount(subAccount, world.subAccountRates(account.name, subAccount.puid), quirks),
      ),
  );
};
