/** What a bug on purpose is. */

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
