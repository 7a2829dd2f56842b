import type { KeyRing } from '../world/key-ring';
import type { SimAccount } from '../world/sim-account';
import { Refusal, SYSTEM_CODES } from './envelope';
import type { Parameters } from './parameters';

const MAX_SKEW_MS = 5_000;
const VERSION = '2';

/** The user whose key signed the request; throws the specification's refusal. */
export function authenticate(parameters: Parameters, keys: KeyRing, nowMs: number): SimAccount {
  const apiKey = parameters.findCredential('key');
  const passphrase = parameters.findCredential('passphrase');
  const timestamp = parameters.findCredential('timestamp');
  const version = parameters.findCredential('version');
  if (apiKey === null || passphrase === null || timestamp === null || version === null) {
    throw new Refusal(SYSTEM_CODES.missingCredentials);
  }
  if (version !== VERSION) throw new Refusal(SYSTEM_CODES.parameter, `version is not ${VERSION}`);
  if (!/^\d{13}$/.test(timestamp) || Math.abs(nowMs - Number(timestamp)) > MAX_SKEW_MS) {
    throw new Refusal(SYSTEM_CODES.timestamp);
  }
  const key = keys.find(apiKey);
  if (key === undefined) throw new Refusal(SYSTEM_CODES.unknownKey);
  if (key.signature !== passphrase) throw new Refusal(SYSTEM_CODES.passphrase);
  return key.account;
}
