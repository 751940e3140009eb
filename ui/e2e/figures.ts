import { writeFileSync } from 'node:fs';
import type { Reporter, TestCase, TestResult } from '@playwright/test/reporter';

/** Writes how many tests passed, failed and were skipped into the file that PORTOLAN_FIGURES names. */
export default class Figures implements Reporter {
  readonly #outcomes = new Map<string, TestResult['status']>();

  onTestEnd(test: TestCase, result: TestResult): void {
    this.#outcomes.set(test.id, result.status);
  }

  onEnd(): void {
    const file = process.env.PORTOLAN_FIGURES;
    const all = [...this.#outcomes.values()];
    const count = (...status: TestResult['status'][]): number => all.filter((one) => status.includes(one)).length;
    if (file) writeFileSync(file, `${count('passed')} ${count('failed', 'timedOut', 'interrupted')} ${count('skipped')}\n`);
  }
}
