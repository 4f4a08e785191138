// The C++ unit tests alone.
import { runPlainUnitTests } from './lib/native-programs.mjs';
import { summaryLine } from './lib/project.mjs';

const counts = await runPlainUnitTests();
if (counts.reason) console.log(`C++ unit tests: ${counts.reason}`);
console.log(summaryLine(counts));
process.exitCode = counts.failed > 0 ? 1 : 0;
