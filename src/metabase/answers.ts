import { z } from 'zod';

/** An answer of which nothing is needed. */
export const ANYTHING = z.unknown();
export const ID = z.looseObject({ id: z.number() });
export const NAMED = z.looseObject({ id: z.number(), name: z.string() });
/** A list, bare or in an envelope, as versions differ. */
export const listSchema = <Item extends z.ZodType>(item: Item) =>
  z.union([z.array(item), z.looseObject({ data: z.array(item) }).transform(({ data }) => data)]);
