import { playShortly } from '../chaos/chaos';

const SEED = 230;
/** Time limits are meant for an idle machine. */
const PATIENCE = 2;

jest.setTimeout(300_000);

test(`P6 P7 P12 the service converges after chaos (seed ${SEED})`, async () => {
  await playShortly({ seed: SEED, patience: PATIENCE, log: (line) => process.stdout.write(`${line}\n`) });
});
