/** HTML from values: what is text is escaped, wherever it comes from. */

/** Text that is HTML already. */
export interface Markup {
  readonly html: string;
}

export type Child = Markup | string | number | undefined | readonly Child[];
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** Elements that have no end. */
const VOID = new Set(['br', 'circle', 'line', 'link', 'meta', 'path', 'rect']);

/** An element; attributes that are undefined or false are left out, those that are true have no value. */
export function h(name: string, attributes: Attributes, ...children: readonly Child[]): Markup {
  const start = `<${name}${attributesOf(attributes)}>`;
  return { html: VOID.has(name) ? start.replace(/>$/, '/>') : `${start}${join(children)}</${name}>` };
}

/** As it is: for styles and scripts of ours. */
export function raw(html: string): Markup {
  return { html };
}

export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function join(children: readonly Child[]): string {
  return children.map(textOf).join('');
}

function textOf(child: Child): string {
  if (child === undefined) return '';
  if (typeof child === 'string') return escapeText(child);
  if (typeof child === 'number') return String(child);
  return 'html' in child ? child.html : join(child);
}

function attributesOf(attributes: Attributes): string {
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined && value !== false)
    .map(([name, value]) => (value === true ? ` ${name}` : ` ${name}="${escapeText(String(value))}"`))
    .join('');
}
