/**
 * Stands for an object that a hook makes, so that a test file can name it at its top level before the hook ran. Until
 * `set` is called, every use of `value` fails and says `what` is missing.
 */
export function madeLater<T extends object>(what: string): { readonly value: T; set(made: T): void } {
  let made: T | undefined;
  const get = (): T => {
    if (made === undefined) throw new Error(`${what} exists from beforeAll on: use it there or in a test.`);
    return made;
  };
  // The target is a function because a postgres.Sql is called like one.
  const value = new Proxy((() => undefined) as unknown as T, {
    apply: (_, self, values) => Reflect.apply(get() as () => unknown, self, values) as unknown,
    get: (_, name) => Reflect.get(get(), name) as unknown,
    set: (_, name, field) => Reflect.set(get(), name, field),
  });
  return {
    value,
    set(object) {
      made = object;
    },
  };
}
