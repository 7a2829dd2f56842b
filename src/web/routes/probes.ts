import type { FastifyInstance } from 'fastify';
import type { Access } from '../access';
import type { ReadinessCheck } from '../readiness';

/** `/healthz` and `/readyz`, which need no token, and `/metrics`, which does. */
export function serveProbes(
  server: FastifyInstance,
  access: Access,
  readiness: ReadinessCheck,
  metrics: () => Promise<{ readonly contentType: string; readonly text: string }>,
): void {
  server.get('/healthz', { config: { isPublic: true } }, async (_request, reply) =>
    reply.send({ isAlive: true }),
  );
  server.get('/readyz', { config: { isPublic: true } }, async (request, reply) => {
    const answer = await readiness.check(!access.mayEnter(request));
    return reply.code(answer.isReady ? 200 : 503).send(answer);
  });
  server.get('/metrics', async (_request, reply) => {
    const { contentType, text } = await metrics();
    return reply.type(contentType).send(text);
  });
}
