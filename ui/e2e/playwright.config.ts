import { defineConfig } from '@playwright/test';

const isRoot = process.getuid?.() === 0;

export default defineConfig({
  testDir: '.',
  // Images of the documents are drawn by scripts/page images.
  testIgnore: process.env.PORTOLAN_IMAGES === undefined ? ['images.spec.ts'] : [],
  outputDir: '../../artifacts/test/page',
  fullyParallel: false,
  workers: 1,
  timeout: 30_000,
  expect: { timeout: 8_000 },
  reporter: [['list'], ['./figures.ts']],
  use: {
    baseURL: process.env.PORTOLAN_PAGE ?? 'http://127.0.0.1:7265',
    contextOptions: { reducedMotion: 'reduce' },
    launchOptions: { executablePath: '/usr/bin/chromium', args: isRoot ? ['--no-sandbox'] : [] },
    trace: 'off',
  },
});
