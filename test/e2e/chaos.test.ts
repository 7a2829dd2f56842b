import { playShortly } from '../chaos/chaos';

const SEED = 230;
/** Limits of time are for machines that do nothing else. */
const PATIENCE = 2;

jest.setTimeout(300_000);

test(`P6 P7 P12 the service converges after chaos (seed ${SEED})`, async () => {
  await playShortly({ seed: SEED, patience: PATIENCE, log: (line) => process.stdout.write(`${line}\n`) });
});
