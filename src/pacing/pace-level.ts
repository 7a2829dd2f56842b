/** What the pool's limit counts: the requests of a key to one endpoint, or all requests of the key. */
export type PaceLevel = 'endpoint' | 'key';

/** Names the bucket of the key as a whole, in place of an endpoint. */
export const WHOLE_KEY = '*';
