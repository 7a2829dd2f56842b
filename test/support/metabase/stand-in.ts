import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ROUTES } from './routes';
import { MetabaseStore, Refusal, type MetabaseState } from './store';

/**
 * A Metabase as far as `kpool metabase setup` needs one. It takes what Metabase's OpenAPI document (docs/api.json in the
 * repository metabase/metabase) allows for these requests and refuses everything else, fields that it does not name
 * included; what it "syncs" is what its connection can really see.
 */
export interface MetabaseStandIn {
  readonly url: string;
  readonly state: MetabaseState;
  close(): Promise<void>;
}

export interface StandInOptions {
  /** Whether it has no user yet. */
  readonly isNew?: boolean;
  readonly version?: string;
}

export async function startMetabaseStandIn({
  isNew = false,
  version = 'v0.58.1',
}: StandInOptions = {}): Promise<MetabaseStandIn> {
  const state: MetabaseState = {
    version,
    setupToken: isNew ? '8f5a4f0e-6a0e-4b7d-9a55-3d9a3e2d7a11' : null,
    apiKey: 'mb_standin+key=',
    isAdministrator: true,
    users: [],
    databases: [],
    tables: [],
    collections: [],
    cards: [],
    dashboards: [],
  };
  const store = new MetabaseStore(state);

  const answer = (
    request: string,
    headers: Record<string, unknown>,
    text: string,
    query: URLSearchParams,
  ) => {
    if (request === 'GET /api/session/properties')
      return {
        'has-user-setup': state.setupToken === null,
        'setup-token': state.setupToken,
        version: { tag: state.version },
      };
    const isOpen = request === 'POST /api/setup' || request === 'POST /api/session';
    const isKnown = headers['x-api-key'] === state.apiKey || headers['x-metabase-session'] === 'session-1';
    if (!isOpen && !isKnown) throw new Refusal(401, 'Unauthenticated');
    if (text !== '' && headers['content-type'] !== 'application/json') throw new Refusal(415, 'not JSON');
    const [, digits = ''] = /\/(\d+)(?:\/|$)/.exec(request) ?? [];
    const respond = ROUTES[digits === '' ? request : request.replace(`/${digits}`, '/:id')];
    if (respond === undefined) throw new Refusal(404, 'API endpoint does not exist.');
    return respond(store, { id: Number(digits), body: text === '' ? undefined : JSON.parse(text), query });
  };

  const server = createServer((incoming, response) => {
    void (async () => {
      let text = '';
      for await (const chunk of incoming) text += String(chunk);
      const url = new URL(incoming.url ?? '/', 'http://metabase');
      const request = `${incoming.method ?? ''} ${url.pathname}`;
      try {
        const body = await answer(request, incoming.headers, text, url.searchParams);
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      } catch (error) {
        const refusal = error instanceof Refusal ? error : new Refusal(500, String(error));
        response
          .writeHead(refusal.status, { 'content-type': 'application/json' })
          .end(JSON.stringify(refusal.body));
      }
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    state,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
