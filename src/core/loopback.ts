const LOOPBACK_NAME = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i;

/** True for `localhost`, 127.0.0.0/8 and ::1 (with or without brackets): nothing leaves the machine. */
export function isLoopbackHost(host: string): boolean {
  return LOOPBACK_NAME.test(host);
}
