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
  /** Whether the first user of a new Metabase was created. */
  readonly isNewInstance: boolean;
  readonly databaseId: number;
  readonly questions: number;
  readonly questionsMade: number;
  readonly dashboards: readonly { readonly name: string; readonly id: number }[];
}

export interface SetupOptions {
  readonly client: MetabaseClient;
  readonly login: MetabaseLogin;
  /** Creates the read-only login, once we are logged in to Metabase. */
  readonly openDatabase: () => Promise<MetabaseDatabase>;
  readonly relations: readonly Relation[];
  readonly dashboards: readonly Dashboard[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Prints a line of progress. */
  readonly say: (line: string) => void;
}

/**
 * Connects a Metabase to the data, and creates descriptions, questions and dashboards. Repeatable: it finds what it
 * created by name and updates it, and leaves everything else alone. Throws `metabase.unreachable`, `metabase.refused`,
 * `aborted`.
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
    isNewInstance,
    databaseId,
    ...described,
    questions: cards.ids.size,
    questionsMade: cards.made,
    dashboards: made,
  };
}
