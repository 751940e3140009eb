// Opens a launch link in Chromium and prints when the page was painted: first content, and the figures and rows of the overview.
import { createRequire } from 'node:module';

const { chromium } = createRequire(`${process.cwd()}/`)('@playwright/test');
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
const page = await browser.newPage();
const begun = Date.now();
await page.goto(process.argv[2], { waitUntil: 'commit' });
await page.locator('dl.figures').waitFor({ timeout: 60_000 });
const figures = Date.now() - begun;
const painted = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null);
await browser.close();
console.log(JSON.stringify({ 'first contentful paint': painted, 'the overview is drawn': figures }));
