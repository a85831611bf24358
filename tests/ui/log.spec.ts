// What one sees of a log: lines of a level, wrapped lines, what a program wrote over itself.
import { expect, expectSound, live, test } from './look.ts';

const MANY = `
id: many
tasks:
  talk:
    command: |
      printf '10%%\\r50%%\\r100%%\\n'
      for i in $(seq 1 3000); do
        case $((i % 100)) in 0) echo "ERROR at $i";; 50) echo "WARN at $i";; *) echo "INFO line $i $LONG";; esac
      done
      printf 'Traceback (most recent call last):\\n  File "x", line 1\\nthe end\\n'
    env: {LONG: ${'word '.repeat(60)}}
`;

test.describe.configure({ mode: 'serial' });

let run = '';

test.beforeEach(async ({ house, page, javaScriptEnabled }) => {
	if (!run) {
		await house.dag('many', MANY);
		run = await house.trigger('many');
		await house.ended(run);
	}
	if (!javaScriptEnabled) return;
	await page.goto(`/runs/${run}?task=talk`);
	await live(page);
	await expect(page.locator('[data-lines].virtual')).toBeVisible();
});

const rows = '[data-lines] .ln';

test('a level shows the lines that are at least as grave, and the address keeps it', async ({ page }) => {
	await page.getByLabel('Lines shown').selectOption('error');
	await expect(page.locator('[data-count]')).toHaveText('32 of 3,004 lines');
	await expect(page.locator(rows).last()).toContainText('File "x"');
	await expect(page).toHaveURL(/level=error/);
	await page.reload();
	await expect(page.locator('[data-count]')).toHaveText('32 of 3,004 lines');
	await page.getByLabel('Find in log').fill('error AT 1');
	await expect(page.locator('[data-hits]')).toHaveText('11'); // 100 and 1000 to 1900
	await expect(page.locator(`${rows}.target`)).toContainText('ERROR at 1');
	await page.getByLabel('Lines shown').selectOption('');
	await expect(page.locator('[data-count]')).toHaveText('3,004 lines');
});

test('wrapped lines are shown whole, from the first to the last', async ({ page }) => {
	const box = page.locator('[data-lines]');
	const wrap = page.locator('[data-wrap]');
	await expect(wrap).toHaveAttribute('aria-pressed', 'false');
	await wrap.click();
	await expect(wrap).toHaveAttribute('aria-pressed', 'true');
	await expect(page.locator(rows, { hasText: 'the end' })).toBeInViewport();
	expect(await box.evaluate((e) => e.scrollWidth - e.clientWidth)).toBeLessThanOrEqual(0);
	await box.evaluate((e) => (e.scrollTop = 0));
	await expect(page.locator(rows, { hasText: 'INFO line 1 word' })).toBeInViewport();
	expect((await page.locator(rows, { hasText: 'INFO line 1 word' }).boundingBox())!.height).toBeGreaterThan(30);
	await box.evaluate((e) => (e.scrollTop = e.scrollHeight / 2));
	await expect(page.locator('[data-follow]')).toHaveAttribute('aria-pressed', 'false');
	await page.goto(`/runs/${run}?task=talk#L1234`);
	await expect(page.locator(`${rows}.target`)).toBeInViewport();
	await expectSound(page);
	await page.reload();
	await expect(wrap, 'the device remembers it').toHaveAttribute('aria-pressed', 'true');
});

test('a bar of progress shows what it came to', async ({ page }) => {
	await page.locator('[data-lines]').evaluate((e) => (e.scrollTop = 0));
	await expect(page.locator(rows).first()).toContainText('100%');
	await expect(page.locator(rows).first()).not.toContainText('50%');
});

test('long lines that one answer does not hold are all there', async ({ house, page }) => {
	await house.dag('wide', 'id: wide\ntasks:\n  - id: talk\n    command: for i in $(seq 1 300); do printf "row $i %020000d\\n" 0; done\n');
	const wide = await house.trigger('wide');
	await house.ended(wide);
	for (const line of [1, 150, 300]) {
		await page.goto(`/runs/${wide}?task=talk#L${line}`);
		await page.reload();
		await expect(page.locator(`${rows}.target`)).toContainText(`row ${line} 0000`);
	}
	house.remove('wide.yaml');
});

test.describe('without script', () => {
	test.use({ javaScriptEnabled: false });
	test('the same form asks for a level', async ({ page }) => {
		await page.goto(`/runs/${run}?task=talk`);
		await page.getByLabel('Lines shown').selectOption('error');
		await page.getByLabel('Find in log').fill('at 1500');
		await page.getByRole('button', { name: 'Show' }).click();
		await expect(page.locator(rows)).toHaveCount(1);
		await expect(page.locator(rows)).toContainText('ERROR at 1500');
	});
});
