import { formatJsonObject } from './json-text';

/** Source: the specification's tables of codes. */
export const SYSTEM_CODES = {
  throttled: '200002',
  missingCredentials: '400001',
  timestamp: '400002',
  unknownKey: '400003',
  passphrase: '400004',
  parameter: '400100',
} as const;

interface RefusalForm {
  readonly msg: string;
  /** The HTTP status, if failures have their own. */
  readonly httpStatus: number;
}

const REFUSAL_FORMS: Readonly<Record<string, RefusalForm>> = {
  '200002': { msg: 'Please try again later', httpStatus: 403 },
  '400001': {
    msg: 'Any of key, timestamp, passphrase, version is missing in your request parameters',
    httpStatus: 401,
  },
  '400002': { msg: 'Invalid timestamp', httpStatus: 401 },
  '400003': { msg: 'Key not exists', httpStatus: 401 },
  '400004': { msg: 'Invalid passphrase', httpStatus: 401 },
  '400100': { msg: 'Parameter Error', httpStatus: 400 },
  '500000': { msg: 'Internal Server Error', httpStatus: 500 },
};

/** A refused request. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    detail = '',
    /** An HTTP status that is used whatever the style of failures. */
    readonly fixedHttpStatus: number | null = null,
  ) {
    const msg = REFUSAL_FORMS[code]?.msg ?? 'Error';
    super(detail === '' ? msg : `${msg}: ${detail}`);
  }

  httpStatus(style: 'http200' | 'http'): number {
    return (
      this.fixedHttpStatus ?? (style === 'http200' ? 200 : (REFUSAL_FORMS[this.code]?.httpStatus ?? 500))
    );
  }
}

/** `dataJson` empty: without data. */
export function formatSuccess(dataJson: string, code: string, retry: boolean): string {
  return formatJsonObject([
    ['success', 'true'],
    ['code', code],
    ['msg', '"success"'],
    ['retry', String(retry)],
    ['data', dataJson === '' ? undefined : dataJson],
  ]);
}

export function formatRefusal(code: string, msg: string, retry: boolean): string {
  return formatJsonObject([
    ['success', 'false'],
    ['code', JSON.stringify(code)],
    ['msg', JSON.stringify(msg)],
    ['retry', String(retry)],
  ]);
}

/** The text of a failure requested by a test. */
export function describeRefusal(code: string): string {
  return REFUSAL_FORMS[code]?.msg ?? `Error ${code}`;
}
