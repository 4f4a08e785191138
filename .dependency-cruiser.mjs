// The import rules of docs/architecture.md, checked by `npm run lint`.

// From bottom to top. A folder may import its own files, those below it, and ts/base.
const levels = [
  { name: 'transport', path: '^ts/transport/' },
  { name: 'data-plane', path: '^ts/data-plane/' },
  { name: 'discovery-and-security', path: '^ts/(discovery|security)/' },
  { name: 'groupd', path: '^ts/groupd/' },
  { name: 'layers-and-ordering', path: '^ts/(layers|ordering)/' },
  { name: 'stack', path: '^ts/stack/' },
  { name: 'client-server', path: '^ts/client-server/' },
  { name: 'api', path: '^ts/api/' },
  { name: 'store', path: '^ts/store/' },
  { name: 'sim', path: '^ts/sim/' },
  { name: 'cli-and-bench', path: '^(ts/cli|bench)/' },
];

// What a layer is, and the events it handles. The stack's folder declares them; the layers that it is
// built of, and the membership service, need them, so these files may import no layer and nothing else of the stack.
const stackContract = '^ts/stack/(layer|event|view-state|codec|environment|params)\\.ts$';

const sansIo =
  '^ts/(stack|layers|ordering|client-server|data-plane/typescript|groupd/(?!client|server)|store/(?!level-|replicated-store|store-server|store-life))';
const ioFile = '/io-[^/]+\\.ts$';
const ioModules =
  '^(node:)?(child_process|cluster|dgram|dns|fs|http|http2|https|net|os|perf_hooks|process|timers|tls|worker_threads)(/|$)';

const onlyDown = levels.slice(0, -1).map(({ name, path }, index) => ({
  name: `${name}-imports-nothing-above-it`,
  severity: 'error',
  from: { path },
  to: {
    path: levels.slice(index + 1).map((level) => level.path),
    ...(name === 'layers-and-ordering' || name === 'groupd' ? { pathNot: stackContract } : {}),
  },
}));

export default {
  forbidden: [
    ...onlyDown,
    {
      name: 'stack-contract-imports-no-layer',
      severity: 'error',
      from: { path: stackContract },
      to: { path: '^ts/(layers|ordering|stack)/', pathNot: stackContract },
    },
    {
      name: 'base-is-a-leaf',
      comment: 'ts/base is for what everything may import, so it imports nothing of ours.',
      severity: 'error',
      from: { path: '^ts/base/' },
      to: { path: '^(ts|bench)/', pathNot: '^ts/base/' },
    },
    {
      name: 'index-exports-the-api',
      comment:
        'The public face is the api folder (and base, for its errors), of the store what users make, and types from wherever they are declared.',
      severity: 'error',
      from: { path: '^ts/index\\.ts$' },
      to: {
        path: '^(ts|bench)/',
        pathNot:
          '^ts/(api/|base/|store/(replicated-store|store-options|store-server|level-database|io-memory-database)\\.ts$)',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'index-is-for-users',
      severity: 'error',
      from: { path: '^ts/', pathNot: '^ts/cli/' },
      to: { path: '^ts/index\\.ts$' },
    },
    {
      name: 'few-files-know-the-addon',
      severity: 'error',
      from: {
        path: '^(ts|bench)/',
        pathNot: '^ts/(data-plane/(native|drivers|limit-socket|packed-core)|sim/cores)\\.ts$',
      },
      to: { path: '^ts/data-plane/addon-loader\\.ts$' },
    },
    {
      name: 'twin-is-sans-io',
      comment: 'Only io-*.ts may touch Node: the rest also runs in the simulator, from a seed.',
      severity: 'error',
      from: { path: '^ts/data-plane/typescript/', pathNot: ioFile },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'protocols-are-sans-io',
      severity: 'error',
      from: { path: sansIo, pathNot: ioFile },
      to: { path: ioModules, dependencyTypes: ['core'] },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'imports-resolve',
      severity: 'error',
      from: { pathNot: '^bench/peers/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'shipped-code-imports-no-development-package',
      severity: 'error',
      from: { path: '^(ts|bench)/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^dist/'] },
    tsConfig: { fileName: 'tsconfig.json' },
    // Counts `import type` too: a type from above ties as a value does.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
