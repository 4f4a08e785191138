/** What moves the page, as text: files of browser/ as they are built. They are no modules, and see only the page. */
import { readFileSync } from 'node:fs';

const NAMES = ['theme', 'charts'] as const;

export function browserScripts(): readonly string[] {
  return NAMES.map((name) => readFileSync(new URL(`browser/${name}.js`, import.meta.url), 'utf8'));
}
