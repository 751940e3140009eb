import type { FleetJobPage, FleetPage } from '../src/lib/types';
import { expect, expectAccessible, test } from './portolan';

// A fleet needs a broker and a database: FleetProgramTests start one and ask the API. Here the page is given answers as the API has them.

const zone = {
  zone: 'lan',
  done: true,
  complete: true,
  hostsAsked: 256,
  hostsUp: 9,
  portsPlanned: 18,
  portsStored: 18,
  open: 9,
  notProbed: 0,
  outOfScope: 0,
  probeLoss: 0.012,
};

const job: FleetJobPage['job'] = {
  job: 7,
  state: 'running',
  createdAt: '2026-11-27T07:00:00.123456Z',
  endedAt: null,
  targets: ['198.18.1.0/24'],
  tcp: '80,81',
  udp: '',
  hosts: 256,
  zones: [{ ...zone, zone: 'dmz', done: false, complete: false, portsStored: 9, open: 0 }, zone],
};

const agent = {
  name: 'lan-1',
  zone: 'lan',
  version: '0.1.0',
  mode: 'raw',
  scope: '198.18.0.0/15, ports 1-9099,9108-65535, at most 2000 probes/s',
  lastSeen: '2026-11-27T07:02:00.5Z',
  silent: false,
  chunks: 1,
  draining: false,
  maxRate: 2000,
};

const fleet: FleetPage = {
  takenAt: '2026-11-27T07:02:05.000Z',
  status: {
    jobsRunning: 1,
    zones: [
      { zone: 'dmz', agents: 1, connected: 0, atWork: 0, draining: 0 },
      { zone: 'lan', agents: 1, connected: 1, atWork: 1, draining: 0 },
    ],
    needsAttention: ['zone dmz: no agent is connected'],
  },
  agents: [
    { ...agent, name: 'dmz-1', zone: 'dmz', mode: 'connect', silent: true, chunks: 0, maxRate: null, lastSeen: '2026-11-27T07:00:00Z' },
    agent,
  ],
  jobs: [job],
};

const page7: FleetJobPage = {
  takenAt: '2026-11-27T07:02:05.000Z',
  job,
  incomplete: [{ zone: 'dmz', why: 'the job is still running' }],
  open: [{ address: '198.18.1.1', protocol: 'tcp', port: 80, zones: ['lan'] }],
  moreOpen: false,
  disagreement: {
    rows: [
      {
        address: '198.18.1.1',
        protocol: 'tcp',
        port: 80,
        states: [
          { vantage: 'dmz', state: null },
          { vantage: 'lan', state: 'open' },
        ],
      },
    ],
    more: false,
    others: 2,
  },
};

const step = { step: 'connect', atMilliseconds: 0, elapsedMilliseconds: 1.5, result: 'ok', summary: 'connected', meaning: null };
const check = {
  target: '198.18.1.1:80',
  elapsedMilliseconds: 2,
  reached: true,
  result: 'ok',
  state: 'open',
  summary: 'connected',
  hops: [{ url: 'tcp://198.18.1.1:80', steps: [step] }],
};
const checked = {
  takenAt: '2026-11-27T07:02:05.000Z',
  vantages: [
    { schema: 'portolan.check/1', takenAt: '', host: '', vantage: 'dmz', problem: 'no agent of the zone is connected', checks: [] },
    { schema: 'portolan.check/1', takenAt: '', host: 'lan-1', vantage: 'lan', problem: null, checks: [check] },
  ],
};

test.beforeEach(async ({ page }) => {
  await page.route('**/api/session', async (route) => {
    if (route.request().method() !== 'GET') return route.fallback();
    const answer = await route.fetch();
    return route.fulfill({ response: answer, json: { ...((await answer.json()) as object), fleet: true } });
  });
  await page.route('**/api/fleet', (route) => route.fulfill({ json: fleet }));
  await page.route('**/api/fleet/jobs/7', (route) => route.fulfill({ json: page7 }));
});

test('the fleet names what needs attention, its agents and its jobs', async ({ page, open }) => {
  await open('/fleet');
  await expect(page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Fleet' })).toBeVisible();
  await expect(page.getByText('zone dmz: no agent is connected')).toBeVisible();
  const agents = page.getByRole('region', { name: 'Agents' }).getByRole('row');
  await expect(agents.filter({ hasText: 'dmz-1' })).toContainText('silent for 2 min 5 s');
  await expect(agents.filter({ hasText: 'dmz-1' })).toContainText('without CAP_NET_RAW');
  await expect(agents.filter({ hasText: 'lan-1' })).toContainText('at work on 1 chunk');
  await expect(page.getByText('dmz: ports 50 %')).toBeVisible();
  await page.getByRole('link', { name: 'Job 7' }).click();
  await expect(page.getByRole('heading', { name: 'Job 7' })).toBeVisible();
  await expect(page.getByText('1 port is open from one zone and not from another. 2 more ports differ, open from nowhere.')).toBeVisible();
  await expect(page.getByRole('region', { name: 'What differs' }).getByRole('row').nth(1)).toHaveText(/198\.18\.1\.1\s*80\/tcp\s*–\s*open/);
});

test('a check starts from all zones, and each shows its steps', async ({ page, open }) => {
  const asked: unknown[] = [];
  await page.route('**/api/check', (route) => {
    asked.push(route.request().postDataJSON());
    return route.fulfill({ json: checked });
  });
  await open('/check');
  await page.getByLabel('Target').fill('198.18.1.1:80');
  await expect(page.getByLabel('From').getByRole('option')).toHaveText(['this machine', 'zone dmz', 'zone lan', 'all zones']);
  await page.getByLabel('From').selectOption('all zones');
  await page.getByRole('button', { name: 'Check', exact: true }).click();
  await expect(page.getByRole('region', { name: 'From dmz' })).toContainText('Not checked: no agent of the zone is connected');
  await expect(page.getByRole('region', { name: 'From lan' })).toContainText('Reached');
  await expect(page.getByRole('region', { name: 'From lan' }).getByRole('listitem')).toContainText('connected');
  await expect(page.getByText('portolan check 198.18.1.1:80 --vantage all')).toBeVisible();
  expect(asked).toEqual([{ target: '198.18.1.1:80', vantage: 'all' }]);
  await expectAccessible(page);
});

test('a fleet that is away says so, and this machine still checks', async ({ page, open, expectsErrors }) => {
  expectsErrors.value = true;
  const error = { code: 'fleet-away', message: 'The fleet cannot be asked: the database does not work.', hint: 'see that PostgreSQL runs' };
  await page.route('**/api/fleet', (route) => route.fulfill({ status: 503, json: { error } }));
  await open('/fleet');
  await expect(page.getByText('see that PostgreSQL runs')).toBeVisible();
  await page.goto('/check');
  await expect(page.getByLabel('From').getByRole('option')).toHaveText(['this machine', 'all zones']);
});

for (const scheme of ['light', 'dark'] as const) {
  test(`axe finds nothing on the pages of a fleet in ${scheme}, which are no wider than a phone`, async ({ page, open }) => {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await open('/');
    for (const path of ['/fleet', '/fleet/7', '/check']) {
      await page.setViewportSize({ width: 1280, height: 800 });
      await page.goto(path);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await expect(page.getByText('Loading …')).toHaveCount(0);
      await expectAccessible(page);
      await page.setViewportSize({ width: 360, height: 740 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBeLessThanOrEqual(360);
      await expectAccessible(page);
    }
  });
}
