// postinstall: generates the Prisma client (src/store/generated) without a download.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const schema = path.join(root, 'prisma', 'schema.prisma');

/** The CLI's entry file, or undefined in an installation without development packages, which runs from dist. */
function findPrismaCli() {
  try {
    const manifest = createRequire(import.meta.url)('prisma/package.json');
    return createRequire(import.meta.url).resolve(`prisma/${manifest.bin.prisma.replace(/^\.\//, '')}`);
  } catch {
    return undefined;
  }
}

const cli = findPrismaCli();
// A container may install packages before it copies the sources.
if (cli !== undefined && existsSync(schema)) {
  const { status, error } = spawnSync(
    process.execPath,
    [cli, 'generate', '--config', path.join(root, 'prisma', 'prisma.config.ts'), '--no-hints'],
    {
      cwd: root,
      stdio: ['ignore', process.env.KPOOL_VERBOSE_INSTALL === undefined ? 'ignore' : 'inherit', 'inherit'],
      env: {
        ...process.env,
        // `generate` would download a schema engine that it does not use, unless some executable is named here.
        PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
        CHECKPOINT_DISABLE: '1',
        PRISMA_HIDE_UPDATE_MESSAGE: '1',
      },
    },
  );
  if (error !== undefined) throw error;
  process.exitCode = status ?? 1;
}
