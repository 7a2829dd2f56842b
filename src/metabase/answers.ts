import { z } from 'zod';

/** A response whose content is not needed. */
export const ANYTHING = z.unknown();
export const ID = z.looseObject({ id: z.number() });
export const NAMED = z.looseObject({ id: z.number(), name: z.string() });
/** A list, bare or in an envelope, depending on the version. */
export const listSchema = <Item extends z.ZodType>(item: Item) =>
  z.union([z.array(item), z.looseObject({ data: z.array(item) }).transform(({ data }) => data)]);
