import { expect, expectAccessible, killServer, link, portolan, startServer, test } from './portolan';

test('a link opens once', async ({ page, open, expectsErrors, browser }) => {
  expectsErrors.value = true;
  await open('/');
  const used = link();
  await page.goto(used);
  await expect(page).not.toHaveURL(/token/);
  await expect(page.getByText('Live')).toBeVisible();
  const other = await browser.newContext();
  const stranger = await other.newPage();
  await stranger.goto(used);
  await expect(stranger.getByText('This link was opened before, or has expired.')).toBeVisible();
  await expectAccessible(stranger);
  await other.close();
});

test('a link that was used, or that another site invented, ends no session', async ({ page, open, expectsErrors }) => {
  expectsErrors.value = true;
  await open('/');
  await page.goto('/#token=invented');
  await expect(page.getByText('This browser is logged in already.')).toBeVisible();
  await expect(page.getByText('Live')).toBeVisible();
  await page.goto('/ports');
  await expect(page.locator('tbody tr').first()).toBeVisible();
});

test('without a session the page says what to do', async ({ page, expectsErrors }) => {
  expectsErrors.value = true;
  await page.goto('/ports');
  await expect(page.getByText('portolan serve --link').first()).toBeVisible();
});

test('a server that was killed and comes back is joined again with the same session', async ({ page, open, expectsErrors }) => {
  expectsErrors.value = true;
  await open('/');
  await expect(page.getByText('Live')).toBeVisible();
  killServer();
  await expect(page.getByText('Live')).toHaveCount(0);
  startServer();
  await expect(page.getByText('Live')).toBeVisible({ timeout: 20_000 });
  await page.goto('/ports');
  await expect(page.locator('tbody tr').first()).toBeVisible();
});

test('a reset ends the session, and the page says so', async ({ page, open, expectsErrors }) => {
  expectsErrors.value = true;
  await open('/');
  await expect(page.getByText('Live')).toBeVisible();
  portolan('serve', '--reset');
  await expect(page.getByText('portolan serve --link').first()).toBeVisible({ timeout: 20_000 });
});

test('the keyboard alone leads through the page', async ({ page, open }) => {
  await open('/');
  for (let count = 0; count < 12; count++) {
    await page.keyboard.press('Tab');
    if ((await page.evaluate(() => document.activeElement?.textContent?.trim())) === 'Ports') break;
  }
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Ports', exact: true })).toBeVisible();
});
