import { z } from 'zod';
import { KpoolError } from '../core/errors';
import { Secret } from '../core/secret';
import type { MetabaseClient } from './client';

/** Administrator credentials. */
export type MetabaseLogin =
  { readonly apiKey: Secret } | { readonly email: string; readonly password: Secret };

const LEAST_VERSION = 50;
const SITE_NAME = 'KuCoin Pool';

const PROPERTIES = z.looseObject({
  'has-user-setup': z.boolean().nullish(),
  'setup-token': z.string().nullish(),
  version: z.looseObject({ tag: z.string().nullish() }).nullish(),
});
const SESSION = z.looseObject({ id: z.string() });
const USER = z.looseObject({ is_superuser: z.boolean().nullish() });

/**
 * Logs in as an administrator, or creates the first user of a new Metabase. Throws `metabase.unreachable`,
 * `metabase.refused`.
 */
export async function logIn(
  client: MetabaseClient,
  login: MetabaseLogin,
): Promise<{ client: MetabaseClient; isNewInstance: boolean }> {
  const properties = await client.ask(PROPERTIES, 'GET', '/api/session/properties');
  const version = /^v[01]\.(\d+)/.exec(properties.version?.tag ?? '')?.[1];
  if (version !== undefined && Number(version) < LEAST_VERSION) {
    throw new KpoolError('metabase.refused', `This is Metabase ${properties.version?.tag ?? ''}.`, {
      hint: `Version ${LEAST_VERSION} or later is needed: upgrade it.`,
    });
  }
  const isNewInstance = properties['has-user-setup'] === false;
  if ('apiKey' in login) {
    if (isNewInstance) {
      throw new KpoolError('metabase.refused', 'This Metabase is new: it has no user yet, and no API key.', {
        hint: 'Give its first administrator instead: --email you@example.com --password-file FILE',
      });
    }
    return { client: await asAdministrator(client.as({ kind: 'key', key: login.apiKey })), isNewInstance };
  }
  const { email, password } = login;
  const session = isNewInstance
    ? await client.ask(SESSION, 'POST', '/api/setup', {
        token: properties['setup-token'],
        user: { email, password: password.reveal(), first_name: null, last_name: null },
        prefs: { site_name: SITE_NAME, site_locale: 'en' },
      })
    : await client.ask(SESSION, 'POST', '/api/session', { username: email, password: password.reveal() });
  return {
    client: await asAdministrator(client.as({ kind: 'session', session: new Secret(session.id) })),
    isNewInstance,
  };
}

async function asAdministrator(client: MetabaseClient): Promise<MetabaseClient> {
  const user = await client.ask(USER, 'GET', '/api/user/current');
  if (user.is_superuser === true) return client;
  throw new KpoolError('metabase.refused', 'This user of Metabase is no administrator.', {
    hint: 'Use an API key of the group Administrators, or an administrator’s e-mail and password.',
  });
}
