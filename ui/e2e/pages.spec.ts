import { expect, expectAccessible, portolan, test } from './portolan';

interface Cell {
  listening: boolean;
  exposure: string | null;
  allowed: string | null;
  disagreement: string | null;
}

declare global {
  interface Window {
    __portolan?: { cell: (protocol: string, port: number) => Cell | null };
  }
}

test('the overview names what other machines can reach', async ({ page, open }) => {
  await open('/');
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();
  const exposed = page.getByRole('table', { name: 'Ports that other machines can reach' });
  await expect(exposed.getByRole('row').filter({ hasText: '443' })).toBeVisible();
  await expect(exposed.getByRole('row').filter({ hasText: '3306' })).toHaveCount(0);
  await expect(page.locator('dl.figures')).toContainText('Listening');
});

test('the table of ports is filtered, sorted and kept in the address', async ({ page, open }) => {
  await open('/ports?filter=port%20%3D%205432%20or%20port%20%3D%206379&sort=port');
  const rows = page.locator('tbody tr');
  await expect(rows).toHaveCount(2);
  await expect(rows.first()).toContainText('5432');
  await expect(rows.first()).toContainText('198.18.0.0/24');
  await page.getByRole('columnheader', { name: 'Port' }).getByRole('button').click();
  await expect(page).toHaveURL(/order=desc/);
  await expect(rows.first()).toContainText('6379');
  await page.reload();
  await expect(rows.first()).toContainText('6379');
  await rows.first().getByRole('link').first().click();
  await expect(page.getByRole('heading', { name: /Port 6379/ })).toBeVisible();
  await page.goBack();
  await expect(rows.first()).toContainText('6379');
});

test('a filter that is wrong says where', async ({ page, open, expectsErrors }) => {
  expectsErrors.value = true;
  await open('/ports?filter=prot%20%3D%2080');
  await expect(page.getByText('no field is named')).toBeVisible();
});

test('the chart of all ports shows what listens, what is allowed, and where they disagree', async ({ page, open }) => {
  await open('/ports');
  await expect(page.locator('canvas').first()).toBeVisible();
  const cell = (protocol: string, port: number): Promise<Cell | null> =>
    page.evaluate(([name, number]) => window.__portolan?.cell(name as string, number as number) ?? null, [protocol, port] as const);
  await expect.poll(async () => (await cell('tcp', 443))?.listening).toBe(true);
  expect(await cell('tcp', 443)).toMatchObject({ exposure: 'reachable', allowed: 'allow', disagreement: null });
  expect(await cell('tcp', 3306)).toMatchObject({ listening: true, exposure: 'blocked', disagreement: 'blocked-listener' });
  expect(await cell('tcp', 8005)).toMatchObject({ listening: false, allowed: 'allow', disagreement: 'allowed-unused' });
  expect(await cell('tcp', 6379)).toMatchObject({ listening: true, exposure: 'local' });
  expect(await cell('udp', 53)).toMatchObject({ listening: true, exposure: 'reachable' });
  expect(await cell('tcp', 9)).toMatchObject({ listening: false, allowed: 'drop' });
});

test('a listener that opens appears by itself, and goes when it closes', async ({ page, open }) => {
  const { createServer } = await import('node:net');
  await open('/ports?filter=port%20%3D%207777');
  await expect(page.getByText('No port matches the filter.')).toBeVisible();
  const server = createServer().listen(7777, '127.0.0.1');
  await expect(page.locator('tbody tr')).toHaveCount(1);
  server.close();
  await expect(page.locator('tbody tr')).toHaveCount(0);
});

test('a port says who holds it, who can reach it and which rule decides', async ({ page, open }) => {
  await open('/ports/5432');
  await expect(page.getByRole('heading', { name: 'Port 5432/tcp' })).toBeVisible();
  await expect(page.getByText(/node/).first()).toBeVisible();
  await expect(page.getByText('198.18.0.0/24').first()).toBeVisible();
  await page.getByLabel('From').fill('203.0.113.9');
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(page.getByText(/^NO\b/)).toBeVisible();
  await expect(page).toHaveURL(/from=203\.0\.113\.9/);
});

test('hostile arguments of a process are text', async ({ page, open }) => {
  page.on('dialog', () => expect.soft(false, 'a script ran').toBe(true));
  await open('/ports/443', 'admin');
  await expect(page.getByText('<img src=x onerror=alert(1)>').first()).toBeVisible();
  expect(await page.locator('img[src=x]').count()).toBe(0);
  const text = await page.locator('main').innerText();
  expect([...text].filter((letter) => letter === '\u001b' || letter === '\u202e')).toEqual([]);
});

test('connections are counted by state, and a state lists its sockets', async ({ page, open }) => {
  await open('/connections?filter=port%20%3D%206379');
  await expect(page.locator('tbody tr').filter({ hasText: 'ESTABLISHED' })).toHaveCount(6);
  await expect(page.locator('tbody tr').filter({ hasText: 'LISTEN' })).toHaveCount(1);
});

test('a check shows each step with its time', async ({ page, open }) => {
  await open('/check');
  await page.getByLabel('Target').fill('tcp://127.0.0.1:8080');
  await page.getByRole('button', { name: 'Check', exact: true }).click();
  await expect(page.getByText('Reached', { exact: false }).first()).toBeVisible();
  await expect(page.locator('ol.ladder li')).not.toHaveCount(0);
});

test('a check of a link-local address is refused', async ({ page, open, expectsErrors }) => {
  expectsErrors.value = true;
  await open('/check');
  await page.getByLabel('Target').fill('tcp://169.254.169.254:80');
  await page.getByRole('button', { name: 'Check', exact: true }).click();
  await expect(page.getByText('metadata service')).toBeVisible();
});

test('the firewall shows its rules', async ({ page, open }) => {
  await open('/firewall');
  const rules = page.getByRole('table', { name: 'Rules by port' });
  await expect(rules.getByRole('row').filter({ hasText: '8000-8010/tcp' })).toContainText('accept');
  await page.getByLabel('Port', { exact: true }).fill('5432');
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(rules.getByRole('row').filter({ hasText: '198.18.0.0/24' })).toBeVisible();
  await expect(rules.getByRole('row').filter({ hasText: '8000-8010/tcp' })).toHaveCount(0);
});

test('the history begins with the first chart that is stored, and has what changed since', async ({ page, open }) => {
  await open('/history');
  await expect(page.getByText('The user of this server keeps no history of this machine.')).toBeVisible();
  await expectAccessible(page);
  portolan('--store');
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise((resolve) => server.listen(7778, '127.0.0.1', () => resolve(null)));
  portolan('--store');
  server.close();
  await open('/history?port=7778');
  const rows = page.getByRole('table', { name: 'Changes of this machine' }).locator('tbody tr');
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText('opened');
  await expect(rows).toContainText('node');
  const words = await page.getByText(/^portolan history host .* --port 7778$/).innerText();
  expect(portolan(...words.split(' ').slice(1))).toMatch(/7778\/tcp +opened/);
  await page.getByRole('columnheader', { name: 'Found' }).getByRole('button').click();
  await expect(page).toHaveURL(/sort=at/);
  await page.getByLabel('Port', { exact: true }).fill('7779');
  await page.getByRole('button', { name: 'Apply' }).first().click();
  await expect(page.getByText('No stored change matches.')).toBeVisible();
  await page.goto('/');
  await expect(page.getByRole('table', { name: 'What changed on this machine' })).toContainText('7778/tcp');
});

test('stored changes are saved as CSV', async ({ page, open }) => {
  await open('/history');
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV' }).click()]);
  expect(download.suggestedFilename()).toBe('history.csv');
  const { readFileSync } = await import('node:fs');
  expect(readFileSync(await download.path(), 'utf8')).toContain(',tcp,7778,,opened,');
});

test('a time that is none is refused where the history is asked for it', async ({ page, open, expectsErrors }) => {
  expectsErrors.value = true;
  await open('/history?since=soon');
  await expect(page.getByText("'soon' is not a time")).toBeVisible();
  await expect(page.getByLabel('Since')).toHaveValue('soon');
});

test('the registry finds as one types', async ({ page, open }) => {
  await open('/registry');
  await page.getByLabel('Search', { exact: true }).pressSequentially('https');
  await expect(page.locator('tbody tr').filter({ hasText: '443' }).first()).toBeVisible();
});

test('the doctor names what works', async ({ page, open }) => {
  await open('/doctor');
  await expect(page.getByText('netlink').first()).toBeVisible();
});

test('a table is saved as CSV over a link that needs no key', async ({ page, open }) => {
  await open('/ports');
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV' }).first().click()]);
  expect(download.suggestedFilename()).toBe('ports.csv');
  const { readFileSync } = await import('node:fs');
  expect(readFileSync(await download.path(), 'utf8')).toContain('5432,tcp,0.0.0.0,process,node');
});

test('a stop is tried dry, then done', async ({ page, open }) => {
  await open('/ports/9999', 'change');
  await page.getByRole('button', { name: 'Stop, dry run' }).click();
  await expect(page.getByText(/Send TERM to 1 process/)).toBeVisible();
  await page.getByRole('button', { name: 'Stop 9999/tcp now' }).click();
  await expect(page.getByText(/stopped/).first()).toBeVisible();
  await expect(page.getByText('Nobody holds 9999/tcp.')).toBeVisible();
});

test('without the scope a stop shows the command', async ({ page, open }) => {
  await open('/ports/8080');
  await page.getByRole('button', { name: 'Stop, dry run' }).click();
  await expect(page.getByText(/Send TERM to 1 process/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Stop 8080/tcp now' })).toHaveCount(0);
});

test('/ searches and leads to a port', async ({ page, open }) => {
  await open('/');
  await page.keyboard.press('/');
  await page.keyboard.type('5432');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: /Port 5432/ })).toBeVisible();
});

const paths = [
  '/', '/ports', '/ports/443', '/connections', '/traffic', '/check', '/firewall', '/history', '/registry?query=http', '/doctor',
];

for (const scheme of ['light', 'dark'] as const) {
  test(`axe finds nothing on any page in ${scheme}`, async ({ page, open }) => {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await open('/');
    for (const path of paths) {
      await page.goto(path);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await expect(page.getByText('Loading …')).toHaveCount(0);
      await expectAccessible(page);
    }
  });
}

test('no page is wider than a phone', async ({ page, open }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await open('/');
  for (const path of paths) {
    await page.goto(path);
    await expect(page.getByText('Loading …')).toHaveCount(0);
    expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBeLessThanOrEqual(360);
  }
});
