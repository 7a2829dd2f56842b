import type { Clock } from '../core/clock';
import type { MetabaseClient } from './client';
import { connectDatabase, untilSynced, type MetabaseDatabase } from './database';
import { describeData, type Described } from './describe';
import { logIn, type MetabaseLogin } from './login';
import { makeDashboard } from './make-dashboard';
import { makeCollections, makeQuestions } from './make-questions';
import type { Dashboard } from './questions';
import type { Relation } from './relations';

export interface MetabaseSetup extends Described {
  /** The first user of a new Metabase was made. */
  readonly isNewInstance: boolean;
  readonly databaseId: number;
  readonly questions: number;
  readonly questionsMade: number;
  readonly dashboards: readonly { readonly name: string; readonly id: number }[];
}

export interface SetupOptions {
  readonly client: MetabaseClient;
  readonly login: MetabaseLogin;
  /** Makes the reading login, once Metabase has let us in. */
  readonly openDatabase: () => Promise<MetabaseDatabase>;
  readonly relations: readonly Relation[];
  readonly dashboards: readonly Dashboard[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Progress, a line each. */
  readonly say: (line: string) => void;
}

/**
 * Connects a Metabase to the data and makes everything that a person would otherwise click together. Repeatable: what is
 * there is found by its name and brought up to date, nothing doubles, nothing of others is touched. Throws
 * `metabase.unreachable`, `metabase.refused`, `aborted`.
 */
export async function setUpMetabase(options: SetupOptions): Promise<MetabaseSetup> {
  const { say, relations, dashboards } = options;
  const { client, isNewInstance } = await logIn(options.client, options.login);
  say(isNewInstance ? 'Made the first user.' : 'Logged in.');
  const databaseId = await connectDatabase(client, await options.openDatabase());
  say('Connected the database; Metabase reads its tables.');
  const metadata = await untilSynced(client, databaseId, options);
  const described = await describeData(client, metadata, relations);
  say(`Described ${described.tables} tables and ${described.columns} columns.`);
  const collections = await makeCollections(client, dashboards);
  const cards = await makeQuestions(client, databaseId, dashboards, collections);
  say(`Made ${cards.made} of ${cards.ids.size} questions, brought the others up to date.`);
  const made = [];
  for (const dashboard of dashboards)
    made.push({
      name: dashboard.name,
      id: await makeDashboard(client, dashboard, collections.root, cards.ids),
    });
  return {
    ...{ isNewInstance, databaseId, ...described },
    ...{ questions: cards.ids.size, questionsMade: cards.made, dashboards: made },
  };
}
