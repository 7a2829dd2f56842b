import { runCliInProcess } from '../../support/cli-in-process';

const ENV = {
  KUCOIN_POOL_API_KEY: 'key-5f1',
  KUCOIN_POOL_API_SECRET: 'secret-77',
  KUCOIN_POOL_API_PASSPHRASE: 'pass phrase 1',
};

test.each([
  ['workers --from 2026-10-01', /--from and --to do not apply to workers\.\n.*earnings and rewards/],
  ['rewards algorithms workers --to 2026-10-01', /do not apply to algorithms, workers\./],
  ['earnings --from 2026-10-02 --to 2026-10-01', /--from is after --to/],
])('kpool sync %s is refused, with what to do', async (args, told) => {
  const { code, stderr } = await runCliInProcess(['sync', ...args.split(' ')], ENV);
  expect([code, stderr]).toEqual([2, expect.stringMatching(told)]);
});
