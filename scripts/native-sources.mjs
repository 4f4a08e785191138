// The C++ sources of the addon, for binding.gyp (one path a line) and for build-native.mjs.
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folders = ['native/addon', 'native/core', 'native/io'];

function sourcesIn(folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.cc'))
    .sort()
    .map((name) => `${folder}/${name}`);
}

export const nativeSources = folders.flatMap(sourcesIn);

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(nativeSources.join('\n'));
