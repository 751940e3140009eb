import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import { test as base, expect, type Page } from '@playwright/test';

const environment = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run ui/e2e/machine`);
  return value;
};

/** Runs portolan to its end. */
export const portolan = (...words: string[]): string => execFileSync(environment('PORTOLAN'), words, { encoding: 'utf8' }).trim();

/** A link that opens one session. */
export const link = (allow: string | null = null): string => portolan('serve', '--link', ...(allow === null ? [] : ['--allow', allow]));

/** Kills the server, as a crash would. */
export const killServer = (): void => {
  process.kill(Number(readFileSync(environment('PORTOLAN_SERVE_PID'), 'utf8')), 'SIGKILL');
};

/** Starts it again. */
export const startServer = (): void => {
  const child = spawn(environment('PORTOLAN_SERVE'), { stdio: 'ignore', detached: true });
  writeFileSync(environment('PORTOLAN_SERVE_PID'), String(child.pid));
  child.unref();
};

interface Fixtures {
  /** Opens a page with a session. */
  open: (path: string, allow?: string) => Promise<void>;
  /** Whether errors in the console are what the test is about. */
  expectsErrors: { value: boolean };
}

/** Every test fails on an error in the console and on what the Content Security Policy stops. */
export const test = base.extend<Fixtures>({
  // Playwright reads what a fixture needs from its first parameter: this one needs nothing.
  // eslint-disable-next-line no-empty-pattern
  expectsErrors: async ({}, use) => {
    await use({ value: false });
  },
  open: async ({ page, expectsErrors }, use) => {
    const faults: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    page.on('pageerror', (error) => faults.push(String(error)));
    await page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`));
    });
    await use(async (path, allow) => {
      await page.goto(link(allow ?? null).replace('/#', `${path}#`));
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    });
    if (!expectsErrors.value) expect(faults).toEqual([]);
  },
});

/** Demands that axe finds nothing (WCAG 2.2 A and AA). */
export const expectAccessible = async (page: Page): Promise<void> => {
  const found = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze();
  expect(found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`)).toEqual([]);
};

export { expect };
