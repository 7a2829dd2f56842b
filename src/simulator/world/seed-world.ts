import { DAY_MS } from '../../core/day';
import { hashText, mix } from '../random';
import { profileOf } from './algorithm-profiles';
import { SimFleet } from './fleet';
import { IncomePlan } from './income-plan';
import type { SimScopeKey } from './sim-income';
import { SimAccount, type SimCredentials } from './sim-account';
import { SimScope } from './sim-scope';
import type { WorldSpec } from './world-spec';

const PLACE_NAMES = ['garage', 'hall-a', 'hall-b', 'barn', 'container', 'roof', 'cellar', 'dam'];

export interface SeedWorld {
  readonly seed: number;
  readonly spec: WorldSpec;
  readonly startAtMs: number;
}

function accountNameAt(index: number): string {
  return index === 0 ? 'main' : `farm-${index + 1}`;
}

/** An API key derived from the seed; the passphrase has characters that a query string must encode. */
export function credentialsFor(seed: number, name: string): SimCredentials {
  const hex = (salt: string) =>
    [1, 2, 3, 4]
      .map((part) =>
        mix(hashText(`${seed} ${name} ${salt}`), part)
          .toString(16)
          .padStart(8, '0'),
      )
      .join('');
  return {
    name,
    apiKey: hex('key').slice(0, 24),
    apiSecret: hex('secret').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
    apiPassphrase: `p&ss=${hex('passphrase').slice(0, 8)}+w/rd ü`,
  };
}

/** A scope without income and machines: every other pair of sub-account and algorithm. */
export function emptyScope({ seed, spec, startAtMs }: SeedWorld, key: SimScopeKey): SimScope {
  return new SimScope(
    key,
    null,
    new SimFleet({
      scope: key,
      seed,
      size: 0,
      machineHps: 0,
      namePrefix: '',
      firstWorkerId: spec.firstWorkerId,
      slotMs: spec.workerSlotMs,
      atMs: startAtMs,
    }),
  );
}

/** The users of a new world, before anything up to the start has happened. */
export function seedAccounts(options: SeedWorld): SimAccount[] {
  const { spec } = options;
  let ordinal = 0;
  return Array.from({ length: spec.accounts }, (_, accountIndex) => {
    const account = new SimAccount(accountNameAt(accountIndex));
    for (const algo of spec.algorithms) account.algorithms.set(algo, { removed: false });
    for (let index = 0; index < spec.subAccountsPerAccount; index += 1) {
      const place = PLACE_NAMES[index % PLACE_NAMES.length] ?? 'hall';
      const round = Math.floor(index / PLACE_NAMES.length);
      const algos = algorithmsOf(spec, accountIndex + index);
      const puid =
        spec.firstPuid + BigInt(index + (spec.puidsOverlap ? 0 : accountIndex * spec.subAccountsPerAccount));
      account.subAccounts.push({
        puid,
        pname: `${account.name}-${place}${round === 0 ? '' : `-${round + 1}`}`,
        defaultAlgo: algos[0] ?? '',
        removed: false,
        extra: null,
      });
      algos.forEach((algo, rank) => {
        const machines = rank === 0 ? spec.workersPerSubAccount : Math.ceil(spec.workersPerSubAccount / 4);
        account.addScope(seedScope(options, { account: account.name, puid, algo }, ordinal, machines));
        ordinal += 1;
      });
    }
    return account;
  });
}

function algorithmsOf(spec: WorldSpec, index: number): string[] {
  const count = spec.algorithms.length;
  const chosen = [
    spec.algorithms[index % count],
    ...(index % 3 === 0 ? [spec.algorithms[(index + 1) % count]] : []),
  ];
  return [...new Set(chosen.filter((algo) => algo !== undefined))];
}

function seedScope(options: SeedWorld, key: SimScopeKey, ordinal: number, machines: number): SimScope {
  const { seed, spec, startAtMs } = options;
  const scopeSeed = hashText(`${seed} ${key.account} ${key.puid} ${key.algo}`);
  const profile = profileOf(key.algo);
  const joinedLater = ordinal === 0 ? 0 : mix(scopeSeed, 1) % Math.max(1, Math.floor(spec.days / 3));
  const firstDay = Math.floor(startAtMs / DAY_MS) - spec.days + joinedLater;
  const plan = new IncomePlan({
    seed: scopeSeed,
    ordinal,
    profile,
    machines: Math.max(1, machines),
    firstDay,
  });
  const fleet = new SimFleet({
    scope: key,
    seed: mix(scopeSeed, 2),
    size: machines,
    machineHps: profile.machineHps,
    namePrefix: `${profile.algo.slice(0, 1).toLowerCase()}${ordinal}x`,
    firstWorkerId: spec.firstWorkerId + BigInt(ordinal) * 200_000n,
    slotMs: spec.workerSlotMs,
    atMs: startAtMs,
  });
  return new SimScope(key, plan, fleet);
}
