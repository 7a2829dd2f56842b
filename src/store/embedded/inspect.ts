import { realpath } from 'node:fs/promises';
import { findClusterVersion } from './cluster';
import { dataDirectoryIn, homePaths } from './home';
import { findPostmaster } from './postmaster';
import { UserRegistry } from './users';

/** What is under a KPOOL_HOME, found out without starting or changing anything. */
export type EmbeddedPostgresState =
  | { readonly state: 'absent' }
  | { readonly state: 'stopped'; readonly dataDirectory: string; readonly majorVersion: string }
  | {
      readonly state: 'running';
      readonly dataDirectory: string;
      readonly majorVersion: string;
      readonly port: number;
      readonly pid: number;
      /** Live `openEmbeddedPostgres` calls, of all processes. */
      readonly users: number;
    };

export async function inspectEmbeddedPostgres(home: string): Promise<EmbeddedPostgresState> {
  const paths = homePaths(home);
  const dataDirectory = dataDirectoryIn(
    await realpath(paths.serverDirectory).catch(() => paths.serverDirectory),
  );
  const majorVersion = await findClusterVersion(dataDirectory);
  if (majorVersion === null) return { state: 'absent' };
  const postmaster = await findPostmaster(dataDirectory);
  if (postmaster === null) return { state: 'stopped', dataDirectory, majorVersion };
  const { port, pid } = postmaster;
  return {
    state: 'running',
    dataDirectory,
    majorVersion,
    port,
    pid,
    users: await new UserRegistry(paths.users).count(),
  };
}
