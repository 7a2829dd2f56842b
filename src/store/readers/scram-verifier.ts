import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

/** PostgreSQL's own default (RFC 7677 requires at least as many). */
const ITERATIONS = 4_096;
const KEY_BYTES = 32;
export const SALT_BYTES = 16;

/**
 * What PostgreSQL stores instead of a password (RFC 5803, SCRAM-SHA-256). It is sent in place of the password, so that
 * the password reaches neither the server's log nor its statistics. The password is printable ASCII, which SASLprep
 * leaves unchanged.
 */
export function scramVerifier(password: string, salt: Buffer): string {
  const salted = pbkdf2Sync(password, salt, ITERATIONS, KEY_BYTES, 'sha256');
  const keyOf = (name: string): Buffer => createHmac('sha256', salted).update(name).digest();
  const storedKey = createHash('sha256').update(keyOf('Client Key')).digest('base64');
  const serverKey = keyOf('Server Key').toString('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}
