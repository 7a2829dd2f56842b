import { ANYTHING, ID, listSchema, NAMED } from './answers';
import type { MetabaseClient } from './client';
import { FILTER, takesFilter, type Dashboard, type Question } from './questions';

/** The columns of a dashboard. */
const DASHBOARD_WIDTH = 24;
/** Metabase identifies a filter by an id that its creator chooses. */
const FILTER_ID = 'c0113c7e';

/** Positions of the questions: in rows, left to right. */
export function layOut(questions: readonly Pick<Question, 'width' | 'height'>[]): readonly {
  readonly row: number;
  readonly col: number;
  readonly size_x: number;
  readonly size_y: number;
}[] {
  let [row, col, rowHeight] = [0, 0, 0];
  return questions.map(({ width, height }) => {
    if (col + width > DASHBOARD_WIDTH) [row, col, rowHeight] = [row + rowHeight, 0, 0];
    const place = { row, col, size_x: width, size_y: height };
    [col, rowHeight] = [col + width, Math.max(rowHeight, height)];
    return place;
  });
}

/** Finds the dashboard by name in the collection or creates it, and lays it out. Returns its Metabase id. */
export async function makeDashboard(
  client: MetabaseClient,
  { name, description, questions }: Dashboard,
  collectionId: number,
  cards: ReadonlyMap<Question, number>,
): Promise<number> {
  const path = `/api/collection/${collectionId}/items?models=dashboard`;
  const known = await client.ask(listSchema(NAMED), 'GET', path);
  const id =
    known.find((each) => each.name === name)?.id ??
    (await client.ask(ID, 'POST', '/api/dashboard', { name, description, collection_id: collectionId })).id;
  const isFiltered = questions.some(takesFilter);
  const places = layOut(questions);
  await client.ask(ANYTHING, 'PUT', `/api/dashboard/${id}`, {
    name,
    description,
    parameters: isFiltered
      ? [{ id: FILTER_ID, name: 'Currency', slug: FILTER, type: 'string/=', sectionId: 'string' }]
      : [],
    // Negative ids are new cards, and omitted cards are removed: the layout is rebuilt each time.
    dashcards: questions.map((question, index) => {
      const cardId = cards.get(question);
      return {
        id: -1 - index,
        card_id: cardId,
        ...places[index],
        parameter_mappings: takesFilter(question)
          ? [{ parameter_id: FILTER_ID, card_id: cardId, target: ['variable', ['template-tag', FILTER]] }]
          : [],
        visualization_settings: {},
      };
    }),
  });
  return id;
}
