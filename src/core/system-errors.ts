import { KpoolError, type ErrorCode } from './errors';

/** What a kind of failure of the host, its files or its network means for us. */
interface SystemErrorMeaning {
  readonly code: Extract<ErrorCode, 'file.refused' | 'host.exhausted' | 'network.failed' | 'port.in-use'>;
  readonly sentence: string;
  readonly hint: string;
}

const meaning = (code: SystemErrorMeaning['code'], sentence: string, hint: string): SystemErrorMeaning => ({
  code,
  sentence,
  hint,
});

const file = (sentence: string): SystemErrorMeaning =>
  meaning('file.refused', sentence, 'Correct the path, or the permissions there of the user who runs kpool.');
const exhausted = (sentence: string, hint: string): SystemErrorMeaning =>
  meaning('host.exhausted', sentence, hint);
const network = (sentence: string): SystemErrorMeaning =>
  meaning(
    'network.failed',
    sentence,
    'Check the network and what runs at the other end. What was stored stays; try again.',
  );

/** By Node's code for a failure of the system, or undici's for one of a request; the first match counts. */
const SYSTEM_ERROR_MEANINGS: readonly (readonly [code: RegExp, meaning: SystemErrorMeaning])[] = [
  [
    /^EADDRINUSE$/,
    meaning('port.in-use', 'Another program uses the port.', 'Choose another port, or stop that program.'),
  ],
  [
    /^EADDRNOTAVAIL$/,
    meaning(
      'port.in-use',
      'This host has no such address.',
      'Name an address of this host, such as 127.0.0.1.',
    ),
  ],
  [/^(EACCES|EPERM)$/, file('The system does not allow it.')],
  [/^(ENOENT|ENOTDIR)$/, file('There is no such file.')],
  [/^(EISDIR|EEXIST|ENOTEMPTY|ELOOP|ENAMETOOLONG|EXDEV)$/, file('The path cannot be used.')],
  [/^EROFS$/, file('The file system is read-only.')],
  [/^(ENOSPC|EDQUOT)$/, exhausted('The disk is full.', 'Free disk space; what was stored stays.')],
  [
    /^(EMFILE|ENFILE)$/,
    exhausted('The system allows no more open files.', 'Raise the limit (ulimit -n, LimitNOFILE).'),
  ],
  [
    /^(ENOMEM|EAGAIN|ENOBUFS|ERR_WORKER_OUT_OF_MEMORY)$/,
    exhausted('The system has run out of memory or processes.', 'Give it more, or stop what uses it up.'),
  ],
  [
    /^(EIO|ESTALE|EBUSY|ETXTBSY)$/,
    exhausted('A disk or a file system failed.', 'Look at the system log (dmesg) and the disk.'),
  ],
  [/^ECONNREFUSED$/, network('Nothing is listening at the other end.')],
  [/^(ENOTFOUND|EAI_\w+)$/, network('The name of the host cannot be looked up.')],
  [/^(EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN)$/, network('There is no route to that host.')],
  [/^(ETIMEDOUT|UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT)$/, network('The other end does not answer.')],
  [
    /^(ECONNRESET|ECONNABORTED|EPIPE|EPROTO|ENOTCONN|UND_ERR_SOCKET)$/,
    network('The other end closed the connection.'),
  ],
  [/^(HPE_\w+|UND_ERR_(HEADERS_OVERFLOW|RES_\w+|RESPONSE\w*|PRX_TLS))$/, network('The answer is not HTTP.')],
  [
    /CERT|ALTNAME|VERIFY|^ERR_SSL_/,
    network('The other end shows a TLS certificate that is not trusted, or does not speak TLS.'),
  ],
];

const MAX_CAUSES_SEARCHED = 5;

/** Null unless the operating system or the network caused it. */
export function findSystemError(error: unknown): KpoolError | null {
  let layer: unknown = error;
  for (
    let depth = 0;
    depth < MAX_CAUSES_SEARCHED && typeof layer === 'object' && layer !== null;
    depth += 1
  ) {
    const { code, message, cause, errors } = layer as Readonly<Record<string, unknown>>;
    const found =
      typeof code === 'string'
        ? SYSTEM_ERROR_MEANINGS.find(([pattern]) => pattern.test(code))?.[1]
        : undefined;
    if (found !== undefined) {
      const reason = typeof message === 'string' && message !== '' ? message : String(code);
      return new KpoolError(found.code, `${found.sentence} (${reason})`, { hint: found.hint, cause: error });
    }
    // A host with several addresses fails with one error for each.
    layer = Array.isArray(errors) ? errors[0] : cause;
  }
  return null;
}
