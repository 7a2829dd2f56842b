import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { KpoolError } from '../../core/errors';
import type { ValueAccounts, ValueJournal } from './value-journal';

/** `Assets:KuCoin`: parts that start with a capital letter or a digit, as Beancount requires. */
const accountName = z
  .string()
  .regex(
    /^(Assets|Liabilities|Equity|Income|Expenses)(:[\p{Lu}\d][\p{L}\d-]*)+$/u,
    'is no account such as Assets:KuCoin',
  );
/** A valid currency name in Beancount. */
const COMMODITY = /^[A-Z](?:[A-Z0-9'._-]{0,22}[A-Z0-9])$/;
const commodity = z.string().regex(COMMODITY, 'is no name such as BTC: 2 to 24 capitals and digits');

const mappingSchema = z.strictObject({
  /** What is paid. */
  wallet: accountName.default('Assets:KuCoin'),
  /** What is pending. */
  receivable: accountName.default('Assets:Receivable:KuCoinPool'),
  income: accountName.default('Income:Mining'),
  /** Corrections of closed months. */
  adjustments: accountName.default('Income:Mining:Adjustments'),
  /** Whether the Beancount file opens these accounts; false if another file does. */
  open: z.boolean().default(true),
  /** Replacements for coin names that a journal does not accept. */
  commodities: z.record(z.string(), commodity).default({}),
});

/** The accounts a journal books to. */
export type JournalAccounts = z.infer<typeof mappingSchema>;

/** A name as in the accounting program; for Xero, an account code. */
const name = z.string().min(1, 'is empty');

const quickbooksSchema = z.strictObject({
  wallet: name.default('KuCoin wallet'),
  receivable: name.default('KuCoin Pool receivable'),
  income: name.default('Mining income'),
  adjustments: name.default('Mining income'),
});
/** Account codes differ by company, so there are no defaults. */
const xeroSchema = z.strictObject({
  wallet: name,
  receivable: name,
  income: name,
  adjustments: name.optional(),
  taxRate: name.default('Tax Exempt'),
});

/** The accounts of a mapping file (JSON), or the defaults. Throws `usage.invalid` for an invalid file. */
export async function readJournalAccounts(file: string | null): Promise<JournalAccounts> {
  return readMapping(file, mappingSchema);
}

/** The same for a program with a single currency. Throws `usage.invalid` if Xero's codes are missing. */
export async function readValueAccounts(format: ValueJournal, file: string | null): Promise<ValueAccounts> {
  if (format === 'quickbooks') return { ...(await readMapping(file, quickbooksSchema)), taxRate: '' };
  if (file === null)
    throw new KpoolError('usage.invalid', 'Xero knows accounts by the codes of your chart of accounts.', {
      hint: 'Name them in a file: --accounts FILE.json with {"wallet": "090", "receivable": "120", "income": "200"}.',
    });
  const accounts = await readMapping(file, xeroSchema);
  return { ...accounts, adjustments: accounts.adjustments ?? accounts.income };
}

async function readMapping<Schema extends z.ZodObject>(
  file: string | null,
  schema: Schema,
): Promise<z.infer<Schema>> {
  if (file === null) return schema.parse({});
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new KpoolError('usage.invalid', `${file} cannot be read: ${(error as Error).message}.`, {
      cause: error,
    });
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new KpoolError('usage.invalid', `${file} is not JSON: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new KpoolError(
    'usage.invalid',
    `${file}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is wrong'}.`,
    { hint: `Known are ${Object.keys(schema.shape).join(', ')}.` },
  );
}

/** A coin's name in the journal. Throws `usage.invalid` if the mapping must supply one. */
export function commodityOf(currency: string, { commodities }: JournalAccounts): string {
  const name = commodities[currency] ?? currency;
  if (COMMODITY.test(name)) return name;
  throw new KpoolError('usage.invalid', `A journal takes no coin named ${currency}.`, {
    hint: 'Name it in the mapping file (--accounts), e.g. {"commodities": {"1INCH": "ONEINCH"}}.',
  });
}
