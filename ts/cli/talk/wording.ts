/** What members of a talk say to each other, and how it reads. */

/** A member's first words to those who come: what it is called. Everything else is a line of text. */
const NAME_MARK = '\u0001';
const MOST_NAME = 32;

export type Said = { readonly type: 'name'; readonly name: string } | { readonly type: 'text'; readonly text: string };

export function encodeName(name: string): string {
  return NAME_MARK + name;
}

/** A line that begins with the mark is sent without it: it can't be typed. */
export function encodeText(text: string): string {
  return text.startsWith(NAME_MARK) ? encodeText(text.slice(1)) : text;
}

export function decode(bytes: string): Said {
  if (!bytes.startsWith(NAME_MARK)) return { type: 'text', text: harmless(bytes) };
  return { type: 'name', name: checkedName(bytes.slice(1)) };
}

/** What fits into a line; nothing: it has no name. */
export function checkedName(name: string): string {
  return harmless(name).trim().slice(0, MOST_NAME);
}

/** Text of others goes to a terminal: nothing in it may move the cursor, or turn the direction of writing. */
export function harmless(text: string): string {
  return text.replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]/gu, '\ufffd');
}

/** Who came and who went since the last line about it, and who is there now. */
export function describeView(
  groupName: string,
  came: readonly string[],
  gone: readonly string[],
  here: readonly string[],
  first: boolean,
): string {
  const news = [
    ...(first ? [`you are in '${groupName}'`] : came.length > 0 ? [`${list(came)} ${have(came)} come`] : []),
    ...(gone.length > 0 ? [`${list(gone)} ${have(gone)} gone`] : []),
  ];
  const rest = here.length === 1 ? 'nobody else is here' : `here are: ${list(here)}`;
  return `* ${[...news, rest].join('; ')}`;
}

function list(names: readonly string[]): string {
  return names.join(', ');
}

function have(names: readonly string[]): string {
  return names.length === 1 ? 'has' : 'have';
}
