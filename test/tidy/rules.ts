// The rules of the house that no linter knows, as functions from texts to findings, so that the test
// can also show each of them failing.

export interface SourceFile {
  /** Relative to the project, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

interface Forbidden {
  readonly what: string;
  readonly pattern: RegExp;
}

/** The core gets bytes and times as arguments: no system call, clock, thread, randomness or Node. */
const forbiddenInCore: readonly Forbidden[] = [
  { what: 'a system header', pattern: /#\s*include\s*<(sys|netinet|arpa|net|linux)\// },
  { what: 'a system header', pattern: /#\s*include\s*<(unistd|fcntl|poll|netdb|pthread|sched|signal)\.h>/ },
  { what: 'a clock', pattern: /#\s*include\s*<(chrono|ctime|time\.h)>/ },
  { what: 'a thread', pattern: /#\s*include\s*<(thread|future|mutex|shared_mutex|condition_variable|stop_token)>/ },
  { what: 'randomness', pattern: /#\s*include\s*<random>/ },
  { what: 'Node', pattern: /#\s*include\s*[<"](\w+\/)*(napi|napi-inl|node_api|js_native_api|node|uv|v8)\.h[>"]/ },
  { what: 'the I/O or addon folder', pattern: /#\s*include\s*"(\.\.\/)*(io|addon)\// },
];

/** Layers and the twin get time, timers and randomness from an environment object. */
const forbiddenInProtocols: readonly Forbidden[] = [
  { what: 'the clock', pattern: /(?<![.\w$])(Date\.now|performance\.now|new Date\b|process\.hrtime)/ },
  { what: 'randomness', pattern: /\bMath\.random\b|(?<![.\w$])crypto\.(random|getRandom)\w+/ },
  { what: 'a timer', pattern: /(?<![.\w$])(setTimeout|setInterval|setImmediate|queueMicrotask)\b/ },
  { what: 'the process', pattern: /(?<![.\w$])process\./ },
  { what: 'globals by the back door', pattern: /(?<![.\w$])globalThis\b/ },
];

/** Blanks comments out, line for line: they may say what the code must not do. */
function withoutComments(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '))
    .replace(/(^|\s)\/\/.*$/gm, '$1');
}

function findForbidden(file: SourceFile, forbidden: readonly Forbidden[]): string[] {
  const findings: string[] = [];
  for (const [index, line] of withoutComments(file.text).split('\n').entries()) {
    for (const { what, pattern } of forbidden) {
      if (pattern.test(line)) findings.push(`${file.path}:${index + 1}: uses ${what}: ${line.trim()}`);
    }
  }
  return findings;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.\w+$/, '');
}

function isIoFile(path: string): boolean {
  return baseName(path).startsWith('io-');
}

export function coreIsSansIo(core: readonly SourceFile[]): string[] {
  return core.flatMap((file) => findForbidden(file, forbiddenInCore));
}

/** `files` of the twin, the stack, the layers and the ordering policies; io-*.ts of the twin is meant to do I/O. */
export function protocolsAreSansIo(files: readonly SourceFile[]): string[] {
  return files.filter((file) => !isIoFile(file.path)).flatMap((file) => findForbidden(file, forbiddenInProtocols));
}

/** Either of native/core/receive_stream.cc and typescript/receive-stream.ts can be read as the other's specification. */
export function twinsAreInStep(corePaths: readonly string[], twinPaths: readonly string[]): string[] {
  const core = new Set(corePaths.map((path) => baseName(path).replaceAll('_', '-')));
  const twin = new Set(twinPaths.filter((path) => !isIoFile(path)).map(baseName));
  return [
    ...[...core].filter((name) => !twin.has(name)).map((name) => `native/core has ${name}, the twin has no ${name}.ts`),
    ...[...twin].filter((name) => !core.has(name)).map((name) => `the twin has ${name}.ts, native/core has none of it`),
  ];
}

export function coreIsTested(corePaths: readonly string[], testPaths: readonly string[]): string[] {
  const tests = new Set(testPaths.map(baseName));
  return corePaths
    .filter((path) => path.endsWith('.cc') && !tests.has(`${baseName(path)}_test`))
    .map((path) => `${path} has no native/test/${baseName(path)}_test.cc`);
}

/** By itself, or in a contract that it has described: `describeDriver`, `describeDatabase`. */
export function testsExpectSomething(tests: readonly SourceFile[]): string[] {
  return tests
    .filter((file) => !/\b(expect(TypeOf)?[.(<]|describe[A-Z]\w*\()/.test(withoutComments(file.text)))
    .map((file) => `${file.path} expects nothing`);
}
