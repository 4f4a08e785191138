/** A part of the page under one heading. */
import { h, type Markup } from './html.js';

export interface Section {
  /** What links go to. */
  readonly id: string;
  readonly title: string;
  /** How to read it, in a sentence or two. */
  readonly lead: string;
  readonly parts: readonly Part[];
}

/** Charts or tables that stand beside each other; the title may be left out. */
export interface Part {
  readonly title?: string;
  /** Where there is room; 3 unless said. */
  readonly columns?: 2;
  readonly content: readonly Markup[];
}

export function renderSection({ id, title, lead, parts }: Section): Markup {
  return h(
    'section',
    { id, 'aria-labelledby': `${id}-title` },
    h('h2', { id: `${id}-title` }, title),
    h('p', { class: 'lead' }, lead),
    ...parts.map((part) => [
      part.title === undefined ? undefined : h('h3', {}, part.title),
      h('div', { class: part.columns === 2 ? 'grid two' : 'grid' }, ...part.content),
    ]),
  );
}

/** Undefined without anything to show. */
export function sectionOf(section: Section): Section | undefined {
  const parts = section.parts.filter(({ content }) => content.length > 0);
  return parts.length === 0 ? undefined : { ...section, parts };
}
