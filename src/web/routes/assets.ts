import serveFiles from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import path from 'node:path';
import { findProgramFolder } from '../../core/program-folder';
import { ASSETS } from '../view/layout';

/** Our own files, served unchanged. */
const OWN = ['page.js', 'page.css', 'icon.svg'] as const;
/** Library files, by the name they are served under. */
const LIBRARIES = {
  'echarts.js': 'echarts/dist/echarts.min.js',
  'idiomorph.js': 'idiomorph/dist/idiomorph.min.js',
} as const;
const MAX_AGE = '1h';

/** Serves the style sheet, our script and the two libraries it uses, so that browsers need no other host. */
export async function serveAssets(server: FastifyInstance): Promise<void> {
  const own = path.join(findProgramFolder(), 'src', 'web', 'browser');
  await server.register(serveFiles, { root: own, serve: false });
  for (const name of OWN) {
    server.get(`${ASSETS}/${name}`, { config: { isPublic: name !== 'page.js' } }, (_request, reply) =>
      reply.sendFile(name, own, { maxAge: MAX_AGE }),
    );
  }
  for (const [served, file] of Object.entries(LIBRARIES)) {
    const { dir, base } = path.parse(require.resolve(file));
    server.get(`${ASSETS}/${served}`, (_request, reply) => reply.sendFile(base, dir, { maxAge: MAX_AGE }));
  }
}
