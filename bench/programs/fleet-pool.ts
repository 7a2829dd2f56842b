import { createInterface } from 'node:readline';
import { createSimulator } from '../../src/simulator';

/**
 * The pool of the benchmark `fleet`, in a process of its own: prints its address, then advances its clock by the ms in
 * each line that it reads.
 */
async function main(): Promise<void> {
  const workers = Number(process.argv[2]);
  const simulator = await createSimulator({
    seed: 1,
    startAt: Date.UTC(2026, 10, 22),
    rateLimit: null,
    world: {
      accounts: 1,
      subAccountsPerAccount: 1,
      algorithms: ['SHA256d'],
      days: 1,
      workersPerSubAccount: workers,
    },
  });
  const [account] = simulator.accounts;
  const [subAccount] = simulator.world.subAccounts('main');
  const say = (answer: unknown): void => void process.stdout.write(`${JSON.stringify(answer)}\n`);
  say({ url: simulator.url, account, puid: String(subAccount!.puid), pname: subAccount!.pname });
  for await (const line of createInterface({ input: process.stdin })) {
    simulator.clock.advance(Number(line));
    say(simulator.world.workers(simulator.world.scopes('main')[0]!).length);
  }
  await simulator.close();
}

void main();
