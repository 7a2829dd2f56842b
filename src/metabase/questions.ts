import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { KpoolError } from '../core/errors';
import { findProgramFolder } from '../core/program-folder';

/** A question in `deploy/metabase`: SQL with a comment header. */
export interface Question {
  readonly name: string;
  readonly description: string;
  /** Metabase's chart type. */
  readonly display: string;
  /** Columns of the x axis and of the values, for a chart. */
  readonly x: readonly string[];
  readonly y: readonly string[];
  /** Size in columns and rows of a dashboard 24 columns wide. */
  readonly width: number;
  readonly height: number;
  readonly sql: string;
}

/** A folder of `deploy/metabase`, in display order. */
export interface Dashboard {
  readonly name: string;
  readonly description: string;
  /** The collection of its questions. */
  readonly collection: string;
  readonly questions: readonly Question[];
}

/** The variable that a question takes from its dashboard's filter: `{{currency}}`. */
export const FILTER = 'currency';
export const takesFilter = ({ sql }: Question): boolean => sql.includes(`{{${FILTER}}}`);

const FOLDERS = [
  {
    folder: 'money',
    name: 'Money',
    collection: 'Money',
    description: 'Income by month and coin, pending income, and reconciliation with the pool.',
  },
  {
    folder: 'fleet',
    name: 'Fleet',
    collection: 'Operations',
    description: 'Hashrate, machines by status, and those that need a technician.',
  },
  {
    folder: 'trust',
    name: 'Trust',
    collection: 'Operations',
    description: 'Whether the data are fresh, complete and unchanged.',
  },
] as const;

const HEADER = z.strictObject({
  name: z.string().min(1),
  description: z.string().min(1),
  display: z.enum(['table', 'bar', 'line', 'area', 'pie', 'row']),
  x: z.string().optional(),
  y: z.string().optional(),
  size: z.string().regex(/^\d+ x \d+$/),
});
const HEADER_LINE = /^-- (\w+): (.*)$/;

/** The dashboards that `kpool metabase setup` creates. Throws `broken-promise` if a file is damaged. */
export async function readDashboards(): Promise<readonly Dashboard[]> {
  const directory = path.join(findProgramFolder(), 'deploy', 'metabase');
  return Promise.all(
    FOLDERS.map(async ({ folder, name, collection, description }) => {
      const files = (await readdir(path.join(directory, folder)))
        .filter((file) => file.endsWith('.sql'))
        .sort();
      const questions = await Promise.all(
        files.map(async (file) =>
          parseQuestion(file, await readFile(path.join(directory, folder, file), 'utf8')),
        ),
      );
      return { name, collection, description, questions };
    }),
  );
}

function parseQuestion(file: string, text: string): Question {
  const lines = text.trim().split('\n');
  const begin = lines.findIndex((line) => !HEADER_LINE.test(line));
  const header = HEADER.safeParse(
    Object.fromEntries(lines.slice(0, begin).map((line) => (HEADER_LINE.exec(line) ?? []).slice(1, 3))),
  );
  if (!header.success)
    throw new KpoolError(
      'broken-promise',
      `The header of the question ${file} cannot be read: ${header.error.message}`,
    );
  const { name, description, display, x = '', y = '', size } = header.data;
  const [width = 0, height = 0] = size.split(' x ').map(Number);
  return {
    name,
    description,
    display,
    width,
    height,
    x: x === '' ? [] : x.split(', '),
    y: y === '' ? [] : y.split(', '),
    sql: lines.slice(begin).join('\n').trim(),
  };
}
