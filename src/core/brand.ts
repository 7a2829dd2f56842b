declare const brand: unique symbol;

/** A type that only its parser creates, so that a puid cannot be used as a worker id. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
