/** What was made of texts that come again and again: each view of a group says its stack and its parameters anew. */

/** Texts that are remembered at most. */
const MOST_TEXTS = 64;

/** The same as `make`, whose results must not be written to. What it throws is not remembered. */
export function remember<T>(make: (text: string, path: string) => T): (text: string, path: string) => T {
  const made = new Map<string, T>();
  return (text, path) => {
    const known = made.get(text);
    if (known !== undefined) return known;
    const result = make(text, path);
    if (made.size >= MOST_TEXTS) made.clear();
    made.set(text, result);
    return result;
  };
}
