import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import type { PageReader } from '../page-reader';
import { FILTER_QUERY, queryOf } from '../query';
import type { createReadiness } from '../readiness';
import { FLEET, INCOME, MACHINE_KEY, MACHINE_REPLY, OVERVIEW, PROBLEM_REPLY, SYNC } from './api-schemas';

/** Converts dates to ISO strings. */
function toWire(data: unknown): unknown {
  return JSON.parse(
    JSON.stringify(data, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
  );
}

/** `/api/v1/…`: the pages' figures as JSON, read-only. `/api/v1` is its OpenAPI description. */
export async function serveApi(
  parent: FastifyInstance,
  reader: PageReader,
  readiness: ReturnType<typeof createReadiness>,
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
      const failures = { 400: PROBLEM_REPLY, 503: PROBLEM_REPLY };
      api.get('/', { schema: { hide: true } }, async (_request, reply) => reply.send(scope.swagger()));
      api.get(
        '/overview',
        {
          schema: {
            summary: 'Problems and key figures',
            querystring: FILTER_QUERY,
            response: { 200: OVERVIEW, ...failures },
          },
        },
        async (request) => {
          const { filter } = queryOf(request.query);
          return OVERVIEW.parse(toWire(await reader.overview(filter, await readiness.queueState())));
        },
      );
      api.get(
        '/income',
        {
          schema: {
            summary: 'Income by day or month',
            querystring: FILTER_QUERY,
            response: { 200: INCOME, ...failures },
          },
        },
        async (request) => {
          const { filter } = queryOf(request.query);
          const frame = await reader.frame(filter);
          const { from, to, by, zone } = frame;
          return INCOME.parse(toWire({ from, to, by, zone, ...(await reader.income(filter, frame)) }));
        },
      );
      api.get(
        '/fleet',
        {
          schema: {
            summary: 'Hashrate and machines over time',
            querystring: FILTER_QUERY,
            response: { 200: FLEET, ...failures },
          },
        },
        async (request) => {
          const { filter } = queryOf(request.query);
          const frame = await reader.frame(filter);
          const { from, to, zone } = frame;
          return FLEET.parse(toWire({ from, to, zone, ...(await reader.fleet(filter, frame)) }));
        },
      );
      api.get(
        '/machines/:puid/:algo/:workerId',
        {
          schema: {
            summary: 'One machine and its history',
            params: MACHINE_KEY,
            response: { 200: MACHINE_REPLY, 404: PROBLEM_REPLY, ...failures },
          },
        },
        async (request, reply) => {
          const found = await reader.machine(request.params);
          if (found === null) return reply.code(404).send({ error: 'No such machine', message: '' });
          return MACHINE_REPLY.parse(toWire(found));
        },
      );
      api.get(
        '/sync',
        {
          schema: {
            summary: 'Streams, runs, completeness, quarantine',
            querystring: FILTER_QUERY,
            response: { 200: SYNC, ...failures },
          },
        },
        async (request) => {
          const { filter } = queryOf(request.query);
          return SYNC.parse(toWire(await reader.sync(filter)));
        },
      );
    },
    { prefix: '/api/v1' },
  );
}
