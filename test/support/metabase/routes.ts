import {
  CARD,
  CHANGED_DASHBOARD,
  CHANGED_DATABASE,
  CHANGED_FIELD,
  CHANGED_TABLE,
  COLLECTION,
  NEW_DASHBOARD,
  NEW_DATABASE,
  SESSION,
  SETUP,
} from './requests';
import { getItem, readBody, Refusal, type MetabaseStore } from './store';

interface MetabaseRequest {
  /** The number in the path. */
  readonly id: number;
  readonly body: unknown;
  readonly query: URLSearchParams;
}

type Respond = (store: MetabaseStore, request: MetabaseRequest) => unknown;

/** The answers to authorised requests, by method and path. */
export const ROUTES: Readonly<Record<string, Respond>> = {
  'POST /api/setup': ({ state }, { body }) => {
    const { token, user } = readBody(SETUP, body);
    if (token !== state.setupToken) throw new Refusal(403, 'The setup token does not match.');
    state.users.push({ email: user.email, password: user.password });
    state.setupToken = null;
    return { id: 'session-1' };
  },

  'POST /api/session': ({ state }, { body }) => {
    const { username, password } = readBody(SESSION, body);
    const isKnown = state.users.some((user) => user.email === username && user.password === password);
    if (!isKnown) throw new Refusal(401, { errors: { password: 'did not match stored password' } });
    return { id: 'session-1' };
  },

  'GET /api/user/current': ({ state }) => ({ id: 1, is_superuser: state.isAdministrator }),

  'GET /api/database': ({ state }) => ({
    data: state.databases.map(({ id, name }) => ({ id, name })),
    total: 0,
  }),

  'POST /api/database': async (store, { body }) => {
    const { name, details } = readBody(NEW_DATABASE, body);
    await store.sync(details);
    const made = { id: store.newId(), name, details };
    store.state.databases.push(made);
    return { id: made.id, name };
  },

  'PUT /api/database/:id': async (store, { id, body }) => {
    const { details } = readBody(CHANGED_DATABASE, body);
    const database = getItem(store.state.databases, id);
    if (details !== undefined) {
      await store.sync(details);
      database.details = details;
    }
    return { id };
  },

  'POST /api/database/:id/sync_schema': ({ state }, { id }) => ({
    status: 'ok',
    id: getItem(state.databases, id).id,
  }),

  'GET /api/database/:id/metadata': ({ state }, { id, query }) => ({
    id: getItem(state.databases, id).id,
    tables: state.tables.filter(
      (table) => query.get('include_hidden') === 'true' || table.visibility_type === null,
    ),
  }),

  'PUT /api/table/:id': ({ state }, { id, body }) =>
    Object.assign(getItem(state.tables, id), readBody(CHANGED_TABLE, body)),

  'PUT /api/field/:id': ({ state }, { id, body }) => {
    const fields = state.tables.flatMap((table) => table.fields);
    return Object.assign(getItem(fields, id), readBody(CHANGED_FIELD, body));
  },

  'GET /api/collection': ({ state }) => [{ id: 'root', name: 'Our analytics' }, ...state.collections],

  'POST /api/collection': (store, { body }) => {
    const { collections } = store.state;
    const { name, parent_id: parentId = null } = readBody(COLLECTION, body);
    const location = parentId === null ? '/' : `${getItem(collections, parentId).location}${parentId}/`;
    const made = { id: store.newId(), name, location };
    collections.push(made);
    return made;
  },

  'GET /api/collection/:id/items': ({ state }, { id }) => ({
    data: state.dashboards
      .filter(({ collection_id: inCollection }) => inCollection === id)
      .map((each) => ({ id: each.id, name: each.name, model: 'dashboard' })),
  }),

  'GET /api/card': ({ state }, { query }) => {
    if (query.get('f') !== 'database') throw new Refusal(400, 'f');
    getItem(state.databases, Number(query.get('model_id')));
    return state.cards;
  },

  'POST /api/card': (store, { body }) => {
    const { cards, collections, databases } = store.state;
    const card = { id: store.newId(), ...readBody(CARD, body) };
    if (card.collection_id !== null) getItem(collections, card.collection_id);
    getItem(databases, card.dataset_query.database);
    cards.push(card);
    return card;
  },

  'PUT /api/card/:id': ({ state }, { id, body }) =>
    Object.assign(getItem(state.cards, id), readBody(CARD, body)),

  'POST /api/dashboard': (store, { body }) => {
    const made = { collection_id: null, id: store.newId(), dashcards: [], ...readBody(NEW_DASHBOARD, body) };
    store.state.dashboards.push({ ...made, collection_id: made.collection_id ?? null });
    return made;
  },

  'PUT /api/dashboard/:id': ({ state }, { id, body }) => {
    const { dashcards } = readBody(CHANGED_DASHBOARD, body);
    for (const { card_id: cardId } of dashcards) getItem(state.cards, cardId);
    return Object.assign(getItem(state.dashboards, id), { dashcards });
  },
};
