import { connect, createServer, type Socket } from 'node:net';
import { expect, expectAccessible, test } from './portolan';

interface Flows {
  bars: { name: string; height: number; bytes: number }[];
  bands: { bytes: number; width: number }[];
}

const port = 7788;

/** A server of this test, and a client that sends it bytes again and again. */
const converse = async (): Promise<() => void> => {
  const taken: Socket[] = [];
  const server = createServer((socket) => {
    taken.push(socket);
    socket.on('error', () => undefined).resume();
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const client = connect(port, '127.0.0.1');
  await new Promise<void>((resolve) => client.once('connect', () => resolve()));
  const timer = setInterval(() => client.write(Buffer.alloc(50_000)), 100);
  return () => {
    clearInterval(timer);
    for (const socket of [client, ...taken]) socket.destroy();
    server.close();
  };
};

test('traffic shows rates by port, the lines over time and where it goes', async ({ page, open }) => {
  const end = await converse();
  try {
    await open(`/traffic?filter=port%20%3D%20${port}`);
    const served = page.locator('tbody tr').filter({ hasText: `${port}/tcp served` });
    await expect(served.locator('td').nth(1)).toHaveText(/KiB\/s|MiB\/s/, { timeout: 20_000 });
    await expect(page.locator('.lines canvas')).toBeVisible();
    await expect(page.locator('.legend li').first()).toContainText(`${port}/tcp`);
    const flows = (): Promise<Flows | null> =>
      page.evaluate(() => (window as unknown as { __portolan?: { flows?: Flows } }).__portolan?.flows ?? null);
    await expect.poll(async () => (await flows())?.bars.map(({ name }) => name)).toContain(`${port}/tcp served`);
    const seen = await flows();
    const bar = seen?.bars.find(({ name }) => name === `${port}/tcp served`);
    expect(bar?.height).toBeGreaterThan(1);
    expect(seen?.bars.map(({ name }) => name)).toContain('127.0.0.1');
    await page.getByText('The picture as a table').click();
    await expect(page.getByRole('region', { name: 'The flows', exact: true })).toContainText('127.0.0.1');
    await expectAccessible(page);
    await page.getByLabel('Rows').selectOption('process');
    await expect(page).toHaveURL(/by=process/);
    await expect(page.getByRole('table', { name: /Traffic by Process/ })).toContainText('pid');
    await expect(page.getByText(`portolan traffic 'port = ${port}' --by process`)).toBeVisible();
    await page.setViewportSize({ width: 360, height: 740 });
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  } finally {
    end();
  }
});

test('a filter of traffic that is wrong says where, and is not asked again', async ({ page, open, expectsErrors }) => {
  expectsErrors.value = true;
  let asked = 0;
  page.on('request', (request) => {
    if (request.url().includes('/api/traffic')) asked++;
  });
  await open('/traffic?filter=prot%20%3D%2080');
  await expect(page.getByText('no field is named')).toBeVisible();
  const before = asked;
  await page.waitForTimeout(2500);
  expect(asked).toBe(before);
});
