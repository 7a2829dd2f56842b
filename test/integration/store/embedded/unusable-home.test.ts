import { spawnSync } from 'node:child_process';
import { chmod, cp, mkdir, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { binariesIn, findPackagedBinaries } from '../../../../src/store/embedded/binaries';
import {
  createTestHome,
  createUsedHome,
  queryEmbedded,
  stateOf,
  useEmbeddedServers,
} from '../../../support/embedded-home';

const { open } = useEmbeddedServers();

describe('a home that the embedded PostgreSQL cannot use', () => {
  test('is refused if it holds another major version', async () => {
    const { home, port } = await createUsedHome();
    const version = join(home, 'postgres', 'data', 'PG_VERSION');
    await writeFile(version, '15\n');
    await expect(open(home, port)).rejects.toMatchObject({
      code: 'database.data-directory',
      message: expect.stringMatching(/PostgreSQL 15.*PostgreSQL 18/) as string,
      hint: expect.stringContaining('DATABASE_URL') as string,
    });
    await writeFile(version, '18\n');
    await open(home, port);
  });

  test('is refused with the reason if it cannot be written', async () => {
    const { home, port } = await createTestHome();
    await writeFile(home, 'a file, not a directory');
    await expect(open(home, port)).rejects.toMatchObject({
      code: 'database.data-directory',
      message: expect.stringContaining('KPOOL_HOME') as string,
    });
  });

  test('is refused with PostgreSQL’s words if its data is damaged', async () => {
    const { home, port } = await createUsedHome();
    await rm(join(home, 'postgres', 'data', 'global'), { recursive: true });
    await expect(open(home, port)).rejects.toMatchObject({
      code: 'database.data-directory',
      message: expect.stringContaining('global') as string,
      hint: expect.stringContaining('postgres.log') as string,
    });
  });
});

const asRoot = process.getuid?.() === 0 ? describe : describe.skip;

asRoot('the embedded PostgreSQL of root', () => {
  test('is refused while the disk is full', async () => {
    const { home, port } = await createTestHome();
    await mkdir(home);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=20m', 'none', home]).status !== 0) {
      process.stderr.write('Not run: this machine lets nobody mount a small disk.\n');
      return;
    }
    try {
      await expect(open(home, port)).rejects.toMatchObject({
        code: 'database.data-directory',
        message: expect.stringMatching(/No space left/) as string,
        hint: expect.stringContaining('free space') as string,
      });
      expect(await stateOf(home)).toBe('absent');
      spawnSync('mount', ['-o', 'remount,size=500m', home]);
      await (await open(home, port)).close();
    } finally {
      spawnSync('umount', [home]);
    }
  });

  test('may be in a folder that its user may not enter', async () => {
    const { home, port } = await createTestHome();
    const packaged = await findPackagedBinaries();
    const native = join(home, '..', 'native');
    await cp(join(packaged.postgres, '..', '..'), native, { recursive: true, verbatimSymlinks: true });
    await chmod(join(home, '..'), 0o700);
    const server = await open(home, port, { binaries: binariesIn(join(native, 'bin')) });
    expect(await queryEmbedded(server, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    const directory = await realpath(join(home, 'postgres'));
    await server.close();
    expect(directory).toMatch(/^\/var\/lib\/kpool\//);
    await rm(directory, { recursive: true });
  }, 180_000);
});
