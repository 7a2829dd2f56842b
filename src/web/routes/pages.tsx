import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { VNode } from 'preact';
import { z } from 'zod';
import { findMonth } from '../../report/months/month';
import type { PageFilter, PageFrame } from '../../report/page/filter';
import type { Access } from '../access';
import type { PageReader } from '../page-reader';
import { FILTER_QUERY, queryOf, type PageQuery } from '../query';
import type { ReadinessCheck } from '../readiness';
import type { Moment } from '../view/components';
import { Fleet } from '../view/fleet';
import { Income } from '../view/income';
import { renderPage, type PagePath } from '../view/layout';
import { MachinePage } from '../view/machine';
import { Overview } from '../view/overview';
import { RowPage } from '../view/row';
import { Sync } from '../view/sync';
import { MACHINE_KEY } from './api-schemas';

interface Seen {
  readonly query: PageQuery;
  readonly filter: PageFilter;
  readonly frame: PageFrame;
  readonly moment: Moment;
}

interface PageDefinition {
  readonly path: PagePath;
  readonly title: string;
  readonly filters: readonly (keyof PageFilter)[];
  readonly body: (seen: Seen) => Promise<VNode>;
}

const SCOPE = ['account', 'puid', 'algo'] as const;
const TIME = ['period', 'from', 'to', 'zone'] as const;

/** The four main pages, the pages of a machine and of a ledger row, and downloads of statements. */
export function servePages(
  server: FastifyInstance,
  access: Access,
  reader: PageReader,
  readiness: ReadinessCheck,
): void {
  const sendPage: SendPage = async (request, reply, page) => {
    const query = queryOf(FILTER_QUERY.parse(request.query));
    const frame = await reader.frame(query.filter);
    const moment: Moment = { now: frame.now, zone: frame.zone, isExact: query.isExact };
    const body = await page.body({ query, filter: query.filter, frame, moment });
    const html = renderPage({ ...page, query, frame, hasSession: access.hasSession(request), body });
    return reply.type('text/html; charset=utf-8').send(html);
  };
  for (const page of pagesOf(reader, readiness))
    server.get(page.path, async (request, reply) => sendPage(request, reply, page));
  serveMachine(server, reader, sendPage);
  serveRow(server, reader, sendPage);
  serveStatement(server, reader);
}

type SendPage = (
  request: FastifyRequest,
  reply: FastifyReply,
  page: Omit<PageDefinition, 'path'> & { readonly path: PagePath | null },
) => Promise<FastifyReply>;

function pagesOf(reader: PageReader, readiness: ReadinessCheck): readonly PageDefinition[] {
  return [
    {
      path: '/',
      title: 'Overview',
      filters: [...SCOPE, 'currency'],
      body: async ({ filter, moment, query }) => (
        <Overview
          data={await reader.overview(filter, await readiness.queueState())}
          moment={moment}
          query={query}
        />
      ),
    },
    {
      path: '/income',
      title: 'Income',
      filters: [...SCOPE, 'currency', ...TIME, 'by'],
      body: async ({ filter, ...seen }) => (
        <Income data={await reader.income(filter, seen.frame)} {...seen} />
      ),
    },
    {
      path: '/fleet',
      title: 'Fleet',
      filters: [...SCOPE, ...TIME],
      body: async ({ filter, ...seen }) => <Fleet data={await reader.fleet(filter, seen.frame)} {...seen} />,
    },
    {
      path: '/sync',
      title: 'Sync',
      filters: SCOPE,
      body: async ({ filter, moment, query }) => (
        <Sync data={await reader.sync(filter)} moment={moment} query={query} />
      ),
    },
  ];
}

function serveMachine(server: FastifyInstance, reader: PageReader, sendPage: SendPage): void {
  server.get('/fleet/machines/:puid/:algo/:workerId', async (request, reply) => {
    const key = MACHINE_KEY.safeParse(request.params);
    const data = key.success ? await reader.machine(key.data) : null;
    if (data === null) {
      reply.callNotFound();
      return reply;
    }
    return sendPage(request, reply, {
      path: null,
      title: data.machine.name,
      filters: [],
      body: ({ moment }) => Promise.resolve(<MachinePage data={data} moment={moment} />),
    });
  });
}

/** As `report.income_ledger.row_id`; someone may have copied it with a space. */
const ROW_ID = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[0-9a-f]{32}$/);

function serveRow(server: FastifyInstance, reader: PageReader, sendPage: SendPage): void {
  server.get('/income/rows', async (request, reply) => {
    const query = z.object({ id: ROW_ID }).safeParse(request.query);
    if (query.success) return reply.redirect(`/income/rows/${query.data.id}`);
    reply.callNotFound();
    return reply;
  });
  server.get('/income/rows/:rowId', async (request, reply) => {
    const key = z.object({ rowId: ROW_ID }).safeParse(request.params);
    const row = key.success ? await reader.row(key.data.rowId) : null;
    if (row === null) {
      reply.callNotFound();
      return reply;
    }
    return sendPage(request, reply, {
      path: null,
      title: `${row.currency} of ${row.minedAt.slice(0, 10)}`,
      filters: [],
      body: ({ moment }) => Promise.resolve(<RowPage row={row} moment={moment} />),
    });
  });
}

/** A month as a file, not recorded as an export: `kpool export statement` writes one for the books. */
function serveStatement(server: FastifyInstance, reader: PageReader): void {
  server.get('/statements/:file', async (request, reply) => {
    const { file } = z.object({ file: z.string().max(40) }).parse(request.params);
    const month = file.endsWith('.csv') ? findMonth(file.slice(0, -'.csv'.length)) : null;
    if (month === null) {
      reply.callNotFound();
      return reply;
    }
    return reply
      .type('text/csv; charset=utf-8')
      .header('content-disposition', `attachment; filename="statement-${month}.csv"`)
      .send(await reader.statement(month));
  });
}
