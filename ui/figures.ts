import { writeFileSync } from 'node:fs';
import type { TestModule } from 'vitest/node';

/** Writes how many tests passed, failed and were skipped into the file that PORTOLAN_FIGURES names, for scripts/page. */
export default class Figures {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const figures = { passed: 0, failed: errors.length, skipped: 0 };
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      for (const test of tests) {
        const { state } = test.result();
        figures[state === 'passed' || state === 'skipped' ? state : 'failed']++;
      }
      // A file that cannot be read has no tests.
      if (!module.ok() && tests.every((test) => test.ok())) figures.failed++;
    }
    const file = process.env['PORTOLAN_FIGURES'];
    if (file !== undefined) writeFileSync(file, `${figures.passed} ${figures.failed} ${figures.skipped}\n`);
  }
}
