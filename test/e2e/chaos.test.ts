import { playChaos } from '../chaos/chaos';

/** One episode with every kind of blow that can be dealt in its storm; `npm run chaos` plays many. */
const SEED = 230;
const EPISODE = 0;

jest.setTimeout(240_000);

test('P6 P7 P12 killed, frozen, crashed and set back at random, it converges', async () => {
  const told: string[] = [`seed ${SEED}`];
  await expect(
    playChaos({ seed: SEED, firstEpisode: EPISODE, forMs: 0, patience: 1, log: (line) => told.push(line) }),
  ).resolves.toMatchObject({ episodes: 1 });
});
