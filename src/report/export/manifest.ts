import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { KpoolError } from '../../core/errors';

const amountText = z.string().regex(/^-?\d+(\.\d+)?$/);

/** What exports are for; `FORMATS` says how each is written. */
export const EXPORT_FORMATS = ['statement', 'koinly', 'cointracker', 'journal'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

const manifestSchema = z.object({
  kpoolExport: z.literal(1),
  format: z.enum(EXPORT_FORMATS),
  /** `2026-10`, `2026` or `all`. */
  period: z.string(),
  from: z.string().nullable(),
  to: z.string().nullable(),
  timeZone: z.string(),
  basis: z.enum(['accrual', 'cash']),
  /** Null: all accounts. */
  account: z.string().nullable(),
  asOf: z.string(),
  asOfReason: z.enum(['now', 'given', 'close of the month']),
  /** Null in a full export. */
  changesSince: z.string().nullable(),
  rows: z.number().int(),
  /** Ledger rows without a line in this format, by reason. */
  leftOut: z.record(z.string(), z.number().int()),
  totals: z.record(
    z.string(),
    z.object({
      rows: z.number().int(),
      settled: amountText,
      pending: amountText,
      other: amountText,
      adjustments: amountText,
      /** The sum to be booked. */
      total: amountText,
    }),
  ),
  files: z.array(
    z.object({
      name: z.string(),
      /** Ledger rows in the file: fewer than `rows` if the format has no line for some. */
      rows: z.number().int(),
      bytes: z.number().int(),
      sha256: z.string(),
    }),
  ),
});

/** Everything needed to verify an export's files and to reproduce them. Amounts are exact texts. */
export type Manifest = z.infer<typeof manifestSchema>;

/** What a manifest says of the rows, before its files are written. */
export type ManifestContent = Omit<Manifest, 'files'>;

/** Identifies a series of exports that continue one another. */
export type ManifestKey = Pick<Manifest, 'format' | 'period' | 'basis' | 'account'>;

export const MANIFEST_SUFFIX = '.manifest.json';

export function formatManifest(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/**
 * The latest export of that kind with a manifest in the folder, or null. Throws `usage.invalid` for an unreadable manifest that
 * may be of that kind, because ignoring it would export the same rows again.
 */
export async function findLastManifest(folder: string, key: ManifestKey): Promise<Manifest | null> {
  const names = await readdir(folder).catch(() => [] as string[]);
  let last: Manifest | null = null;
  for (const name of names.filter((candidate) => candidate.endsWith(MANIFEST_SUFFIX))) {
    const manifest = parseManifest(await readFile(path.join(folder, name), 'utf8'));
    if (manifest === null && name.startsWith(`${key.format}-${key.period}`))
      throw unreadable(path.join(folder, name));
    if (manifest === null || !continues(manifest, key)) continue;
    // ISO texts of the same length and zone sort by time.
    if (last === null || manifest.asOf > last.asOf) last = manifest;
  }
  return last;
}

function unreadable(file: string): KpoolError {
  return new KpoolError('usage.invalid', `${file} is not a manifest that can be read.`, {
    hint: 'Restore it, or move it and its file away: the next export then continues the one before it, or starts a new series.',
  });
}

function continues(manifest: Manifest, key: ManifestKey): boolean {
  return (
    manifest.format === key.format &&
    manifest.period === key.period &&
    manifest.basis === key.basis &&
    manifest.account === key.account
  );
}

function parseManifest(text: string): Manifest | null {
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
