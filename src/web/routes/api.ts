import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { toPublicProblem } from '../../report/wellness/problem';
import type { PageReader } from '../page-reader';
import { FILTER_QUERY, queryOf } from '../query';
import type { ReadinessCheck } from '../readiness';
import { FLEET, INCOME, MACHINE_KEY, MACHINE_REPLY, OVERVIEW, PROBLEM_REPLY, SYNC } from './api-schemas';

/** `/api/v1/…`: the pages' figures as JSON, read-only. `/api/v1` is its OpenAPI description. */
export async function serveApi(
  parent: FastifyInstance,
  reader: PageReader,
  readiness: ReadinessCheck,
): Promise<void> {
  await parent.register(
    async (scope) => {
      scope.setValidatorCompiler(validatorCompiler);
      scope.setSerializerCompiler(serializerCompiler);
      await scope.register(swagger, {
        openapi: {
          info: {
            title: 'kpool',
            description: 'The figures of the web pages. Amounts are exact decimal strings.',
            version: '1',
          },
        },
        transform: jsonSchemaTransform,
      });
      const api = scope.withTypeProvider<ZodTypeProvider>();
      api.get('/', { schema: { hide: true } }, async (_request, reply) => reply.send(scope.swagger()));
      api.get('/overview', describeRoute('Problems and key figures', OVERVIEW), async (request) => {
        const data = await reader.overview(queryOf(request.query).filter, await readiness.queueState());
        return { ...data, problems: data.problems.map(toPublicProblem) };
      });
      api.get('/income', describeRoute('Income by day or month', INCOME), async (request) => {
        const { filter } = queryOf(request.query);
        const frame = await reader.frame(filter);
        const { from, to, by, zone } = frame;
        return { from, to, by, zone, ...(await reader.income(filter, frame)) };
      });
      api.get('/fleet', describeRoute('Hashrate and machines over time', FLEET), async (request) => {
        const { filter } = queryOf(request.query);
        const frame = await reader.frame(filter);
        const { from, to, zone } = frame;
        return { from, to, zone, ...(await reader.fleet(filter, frame)) };
      });
      api.get('/sync', describeRoute('Streams, runs, completeness, quarantine', SYNC), async (request) => {
        const { names: _names, queue: _queue, ...data } = await reader.sync(queryOf(request.query).filter);
        return data;
      });
      api.get(
        '/machines/:puid/:algo/:workerId',
        {
          schema: {
            summary: 'One machine and its history',
            params: MACHINE_KEY,
            response: { 200: MACHINE_REPLY, 404: PROBLEM_REPLY, ...FAILURES },
          },
        },
        async (request, reply) => {
          const found = await reader.machine(request.params);
          if (found === null) return reply.code(404).send({ error: 'No such machine', message: '' });
          return found;
        },
      );
    },
    { prefix: '/api/v1' },
  );
}

const FAILURES = { 400: PROBLEM_REPLY, 503: PROBLEM_REPLY };

/** A route that takes the filters of the pages. */
function describeRoute<Reply extends z.ZodType>(summary: string, reply: Reply) {
  return { schema: { summary, querystring: FILTER_QUERY, response: { 200: reply, ...FAILURES } } };
}
