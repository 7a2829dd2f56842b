import { z } from 'zod';
import { ANYTHING, ID } from './answers';
import type { MetabaseClient } from './client';
import { FILTER, takesFilter, type Dashboard, type Question } from './questions';

const COLLECTION = 'KuCoin Pool';
/** Metabase identifies a question's variable by an id that its creator chooses. */
const TAG_ID = '0d6c2d6e-6f0a-4f63-9d42-70c1b4a1c0de';

const COLLECTIONS = z.array(
  z.looseObject({ id: z.union([z.number(), z.string()]), name: z.string(), location: z.string().nullish() }),
);
const CARDS = z.array(
  z.looseObject({ id: z.number(), name: z.string(), collection_id: z.number().nullish() }),
);

/** Collections of questions and dashboards, by Metabase id. */
export interface Collections {
  readonly root: number;
  readonly byName: ReadonlyMap<string, number>;
}

/** Finds each collection by name, or creates it. */
export async function makeCollections(
  client: MetabaseClient,
  dashboards: readonly Dashboard[],
): Promise<Collections> {
  const known = await client.ask(COLLECTIONS, 'GET', '/api/collection');
  const find = (name: string, location: string): number | undefined => {
    const found = known.find((each) => each.name === name && (each.location ?? '/') === location);
    return typeof found?.id === 'number' ? found.id : undefined;
  };
  const make = async (name: string, description: string, parentId: number | null): Promise<number> =>
    (
      await client.ask(ID, 'POST', '/api/collection', {
        name,
        description,
        ...(parentId === null ? {} : { parent_id: parentId }),
      })
    ).id;
  const root =
    find(COLLECTION, '/') ?? (await make(COLLECTION, 'Data that kpool syncs from the mining pool.', null));
  const byName = new Map<string, number>();
  for (const name of new Set(dashboards.map(({ collection }) => collection))) {
    const description = `Questions of the dashboards ${dashboards
      .filter(({ collection }) => collection === name)
      .map((dashboard) => dashboard.name)
      .join(' and ')}.`;
    byName.set(name, find(name, `/${root}/`) ?? (await make(name, description, root)));
  }
  return { root, byName };
}

function cardOf(question: Question, databaseId: number, collectionId: number): Record<string, unknown> {
  const tag = { id: TAG_ID, name: FILTER, 'display-name': 'Currency', type: 'text' };
  const isChart = question.display !== 'table';
  return {
    name: question.name,
    description: question.description,
    display: question.display,
    collection_id: collectionId,
    type: 'question',
    dataset_query: {
      type: 'native',
      database: databaseId,
      native: {
        query: question.sql,
        'template-tags': takesFilter(question) ? { [FILTER]: tag } : {},
      },
    },
    visualization_settings: isChart
      ? { 'graph.dimensions': question.x, 'graph.metrics': question.y }
      : { 'table.pivot': false },
  };
}

/** Finds each question by name in its collection and updates it, or creates it. */
export async function makeQuestions(
  client: MetabaseClient,
  databaseId: number,
  dashboards: readonly Dashboard[],
  collections: Collections,
): Promise<{ readonly ids: ReadonlyMap<Question, number>; readonly made: number }> {
  const known = await client.ask(CARDS, 'GET', `/api/card?f=database&model_id=${databaseId}`);
  const ids = new Map<Question, number>();
  let made = 0;
  for (const { collection, questions } of dashboards) {
    const collectionId = collections.byName.get(collection) ?? collections.root;
    for (const question of questions) {
      const card = cardOf(question, databaseId, collectionId);
      const found = known.find(
        ({ name, collection_id: inCollection }) => name === question.name && inCollection === collectionId,
      );
      if (found === undefined) {
        made += 1;
        ids.set(question, (await client.ask(ID, 'POST', '/api/card', card)).id);
      } else {
        await client.ask(ANYTHING, 'PUT', `/api/card/${found.id}`, card);
        ids.set(question, found.id);
      }
    }
  }
  return { ids, made };
}
