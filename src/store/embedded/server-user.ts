import { KpoolError } from '../../core/errors';
import { runCommand, type ServerUser } from './command';

const NAME = 'postgres';

/**
 * The system user `postgres`, created if it does not exist, if we are root: PostgreSQL refuses to run as root.
 * Otherwise null, and the server runs as the user of this process.
 */
export async function findServerUser(): Promise<ServerUser | null> {
  if (process.getuid?.() !== 0) return null;
  const existing = await lookUp();
  if (existing !== null) return existing;
  await createSystemUser();
  const created = await lookUp();
  if (created !== null) return created;
  throw new KpoolError(
    'database.data-directory',
    'PostgreSQL does not run as root, and no system user could be created for it.',
    {
      hint: `Run kpool as an ordinary user, or create a system user named ${NAME}.`,
    },
  );
}

async function lookUp(): Promise<ServerUser | null> {
  const [uid, gid] = [await readId('-u'), await readId('-g')];
  return uid === null || gid === null ? null : { uid, gid };
}

async function readId(flag: '-u' | '-g'): Promise<number | null> {
  const { exitCode, output } = await runCommand('id', [flag, NAME], { user: null });
  const id = Number(output.trim());
  return exitCode === 0 && Number.isInteger(id) && id > 0 ? id : null;
}

/** Two sets of options: shadow-utils (most of Linux), and BusyBox. */
async function createSystemUser(): Promise<void> {
  const attempts: readonly (readonly [string, readonly string[]])[] = [
    [
      '/usr/sbin/useradd',
      ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', NAME],
    ],
    ['/usr/sbin/adduser', ['-S', '-D', '-H', NAME]],
  ];
  for (const [program, args] of attempts) {
    const done = await runCommand(program, args, { user: null }).catch(() => null);
    if (done?.exitCode === 0) return;
  }
}
