/** What a bug on purpose is, and how it gets in. */

/** A method as seen from outside: what it is called on, and given, is the bug's to know. */
// biome-ignore lint/suspicious/noExplicitAny: it reaches into private parts of classes that do not know of it
type Any = any;
type Method = (self: Any, original: (...args: Any[]) => Any, ...args: Any[]) => Any;

export interface PlantedBug {
  /** What is wrong, one sentence. */
  readonly sentence: string;
  /** Methods, and what they are replaced by. */
  readonly methods: readonly (readonly [target: { readonly prototype: object }, name: string, method: Method])[];
}

/** Plants it for whatever runs in this process, until the function that is returned is called. */
export function plantBug(bug: PlantedBug): () => void {
  const undo: (() => void)[] = [];
  for (const [target, key, method] of bug.methods) {
    const prototype = target.prototype as Record<string, Any>;
    const original = prototype[key] as (...args: Any[]) => Any;
    prototype[key] = function (this: Any, ...args: Any[]) {
      return method(this, (...changed) => original.apply(this, changed), ...args);
    };
    undo.push(() => {
      prototype[key] = original;
    });
  }
  return () => {
    for (const each of undo.reverse()) each();
  };
}
