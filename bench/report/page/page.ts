/** The frame of a page: head, navigation, sections. Nothing in it comes from elsewhere, and the policy in its head sees to that. */
import { type Child, h, raw } from './html.js';
import { renderSection, type Section } from './section.js';
import { STYLES } from './styles.js';

export interface Page {
  readonly title: string;
  readonly intro: readonly Child[];
  readonly sections: readonly Section[];
  readonly scripts: readonly string[];
}

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

export function renderPage({ title, intro, sections, scripts }: Page): string {
  const head = h(
    'head',
    {},
    h('meta', { charset: 'utf-8' }),
    h('meta', { 'http-equiv': 'Content-Security-Policy', content: POLICY }),
    h('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    h('meta', { name: 'color-scheme', content: 'light dark' }),
    h('title', {}, title),
    // Else a browser asks for one.
    h('link', { rel: 'icon', href: 'data:,' }),
    h('style', {}, raw(STYLES)),
  );
  const body = h(
    'body',
    {},
    h('a', { class: 'skip', href: '#main' }, 'To the charts'),
    h('header', {}, h('div', { class: 'bar' }, h('h1', {}, title), navigation(sections), themeSwitch())),
    h('main', { id: 'main' }, h('div', { class: 'intro' }, ...intro), ...sections.map(renderSection)),
    h('footer', {}, 'Made by consort. docs/benchmarking.md says how it was measured.'),
    h('div', { id: 'tip', role: 'tooltip', hidden: true }),
    h('div', { id: 'told', class: 'unseen', 'aria-live': 'polite' }),
    ...scripts.map((script) => h('script', {}, raw(script))),
  );
  return `<!doctype html>\n${h('html', { lang: 'en' }, head, body).html}\n`;
}

function navigation(sections: readonly Section[]): Child {
  const links = sections.map(({ id, title }) => h('li', {}, h('a', { href: `#${id}` }, title)));
  return h('nav', { 'aria-label': 'Sections' }, h('ul', {}, ...links));
}

/** Hidden where there are no scripts: then the system decides. */
function themeSwitch(): Child {
  const choice = (value: string, name: string) =>
    h('button', { type: 'button', 'data-theme-choice': value, 'aria-pressed': String(value === 'auto') }, name);
  const choices = [choice('auto', 'Auto'), choice('light', 'Light'), choice('dark', 'Dark')];
  return h('div', { class: 'theme', role: 'group', 'aria-label': 'Colours', hidden: true }, ...choices);
}
