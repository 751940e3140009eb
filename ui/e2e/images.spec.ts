import { expect, test } from './portolan';

for (const scheme of ['light', 'dark'] as const) {
  test(`the ports in ${scheme}`, async ({ page, open }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width: 1280, height: 800 });
    await open('/ports');
    await expect(page.locator('tbody tr').first()).toBeVisible();
    await expect(page.getByText('Loading …')).toHaveCount(0);
    await page.screenshot({ path: `${process.env.PORTOLAN_IMAGES}/ports-${scheme}.png` });
  });
}
