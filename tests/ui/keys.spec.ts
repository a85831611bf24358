// Everything can be reached by keyboard, and single letters can be switched off.
import { CHAIN } from './dags.ts';
import { expect, live, test } from './look.ts';

test.beforeEach(async ({ house, page }) => {
	await house.dag('chain', CHAIN.replace('FLAGFILE', '/nowhere'));
	for (let i = 0; i < 3; i++) await house.ended(await house.trigger('chain'));
	await page.goto('/dags');
	await live(page);
});

test('places, filter and rows', async ({ page }) => {
	await page.keyboard.press('g');
	await page.keyboard.press('o');
	await expect(page).toHaveURL(/\/$/);
	await live(page);
	await page.keyboard.press('g');
	await page.keyboard.press('d');
	await expect(page).toHaveURL(/\/dags$/);
	await live(page);
	await page.keyboard.press('/');
	await page.keyboard.type('chai');
	await expect(page).toHaveURL(/q=chai/);
	await expect(page.locator('tbody tr')).toHaveCount(1);
	await page.reload();
	await expect(page.locator('[data-filter]')).toHaveValue('chai');
	await live(page);
	await page.keyboard.press('j');
	await page.keyboard.press('Enter');
	await expect(page).toHaveURL(/\/dags\/chain$/);
});

test('the grid has one tab stop, arrows inside, and Enter loads only the panel', async ({ page }) => {
	await page.goto('/dags/chain');
	await live(page);
	await expect(page.locator('[role="grid"] [data-at][tabindex="0"]')).toHaveCount(1);
	const address = await page.evaluate(() => performance.timeOrigin);
	await page.locator('[role="grid"] [data-at]').first().focus();
	await page.keyboard.press('Home');
	const first = await page.evaluate(() => (document.activeElement as HTMLElement).dataset['at']);
	await page.keyboard.press('ArrowDown');
	await page.keyboard.press('ArrowRight');
	const second = await page.evaluate(() => (document.activeElement as HTMLElement).dataset['at']!);
	expect(second).toMatch(/\.load$/);
	expect(second.split('.')[0]).not.toBe(first!.split('.')[0]);
	await page.keyboard.press('Enter');
	await expect(page).toHaveURL(new RegExp(`at=${second.replace('.', '\\.')}`));
	await expect(page.locator('[data-panel]')).toContainText('load');
	await expect(page.locator(`[data-at="${second}"]`)).toHaveAttribute('aria-selected', 'true');
	await expect(page.locator(`[data-at="${second}"]`)).toBeFocused();
	expect(await page.evaluate(() => performance.timeOrigin), 'the page was not loaded again').toBe(address);
	await expect(page.locator('[role="grid"] [data-at][tabindex="0"]')).toHaveCount(1);
});

test('the graph moves along its edges', async ({ page }) => {
	await page.goto('/dags/chain?view=graph');
	await expect(page.locator('.node')).toHaveCount(3);
	await page.locator('.node[tabindex="0"]').focus();
	await page.keyboard.press('ArrowRight');
	await expect(page.locator('.node:focus')).toHaveAttribute('aria-label', /^load, failed/);
	await page.keyboard.press('ArrowRight');
	await expect(page.locator('.node:focus')).toHaveAttribute('aria-label', /^report, upstream failed/);
	await page.keyboard.press('Home');
	await expect(page.locator('.node:focus')).toHaveAttribute('aria-label', /^extract, success/);
});

test('theme and time zone are switched and remembered', async ({ page }) => {
	await page.keyboard.press('t');
	await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
	await page.reload();
	await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
	await live(page);
	await page.keyboard.press('z');
	await expect(page.locator('[data-zone="local"]')).toHaveAttribute('aria-pressed', 'true');
	await page.reload();
	await expect(page.locator('[data-zone="local"]')).toHaveAttribute('aria-pressed', 'true');
});

test('help tells the keys, and letters can be switched off', async ({ page }) => {
	await page.keyboard.press('?');
	const dialog = page.getByRole('dialog');
	await expect(dialog).toContainText('rerun what failed');
	await dialog.getByLabel('single letters are keys').uncheck();
	await page.keyboard.press('Escape');
	await expect(dialog).toBeHidden();
	await page.keyboard.press('t');
	await page.keyboard.press('?');
	await expect(dialog).toBeHidden();
	await expect(page.locator('html')).not.toHaveAttribute('data-theme', 'dark');
	await page.keyboard.press('Control+k');
	await expect(dialog).toBeVisible();
});

test('anything is jumped to by typing a part of its name', async ({ page }) => {
	await page.keyboard.press('Control+k');
	await page.keyboard.type('hai');
	await expect(page.getByRole('dialog').locator('li').first()).toContainText('chain');
	await page.keyboard.press('Enter');
	await expect(page).toHaveURL(/\/dags\/chain$/);
});

test('the graph shows what its filter selects', async ({ page }) => {
	await page.goto('/dags/chain?view=graph');
	await expect(page.locator('.node')).toHaveCount(3);
	await page.keyboard.press('/');
	await page.keyboard.type('+load');
	await expect(page.locator('.node')).toHaveCount(2);
	await expect(page.locator('.graph .tools')).toContainText('2 of 3 tasks');
	await page.reload();
	await expect(page.locator('.node')).toHaveCount(2);
	await page.getByLabel('Filter tasks').fill('extract => report');
	await expect(page.locator('.node')).toHaveCount(3);
	await page.getByLabel('Filter tasks').fill('state:failed');
	await expect(page.locator('.node')).toHaveCount(1);
	await page.getByLabel('Filter tasks').fill('nobody');
	await expect(page.locator('.graph .tools')).toContainText('No task is like that');
	await page.getByLabel('Filter tasks').fill('owner:x');
	await expect(page.locator('.graph .tools')).toContainText("no filter 'owner:'");
	await page.goto('/dags/chain?view=graph&root=load&up=1&down=0');
	await expect(page.locator('.node')).toHaveCount(2);
});

test('the filter of a list says what it does not know, and what was there stays', async ({ page, excuse }) => {
	excuse(/status of 400/); // the browser tells of half a filter, too
	await page.keyboard.press('/');
	await page.keyboard.type('owner:plat*');
	await expect(page.locator('tbody tr')).toHaveCount(1);
	await page.keyboard.press('ControlOrMeta+a');
	await page.keyboard.type('ownr:plat');
	await expect(page.locator('.banner')).toContainText("did you mean 'owner:'?");
	await expect(page.locator('tbody tr')).toHaveCount(1);
	await page.keyboard.press('ControlOrMeta+a');
	await page.keyboard.type('tag:finance state:failed');
	await expect(page.locator('.banner')).toHaveCount(0);
	await expect(page.locator('tbody tr')).toHaveCount(1);
});

test('what a page can do is done by typing a part of its name', async ({ page, house }) => {
	await page.goto('/dags/chain');
	await live(page);
	await page.keyboard.press('Control+k');
	await page.keyboard.type('paus');
	await expect(page.getByRole('dialog').locator('li').first()).toContainText('Pause');
	await page.keyboard.press('Enter');
	await expect(page.getByRole('dialog')).toContainText('Pause chain');
	await page.keyboard.press('Escape');
	expect((await house.api<{ paused: boolean }>('GET', '/dags/chain')).paused).toBe(false);
});

test('the last filter of a list is remembered, until it is taken away', async ({ page }) => {
	await page.goto('/dags?state=failed&q=chain');
	await live(page);
	await page.keyboard.press('g');
	await page.keyboard.press('o');
	await expect(page).toHaveURL(/\/$/);
	await live(page);
	await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'DAGs' }).click();
	await expect(page).toHaveURL(/state=failed/);
	await expect(page.locator('[data-filter]')).toHaveValue('chain');
	await live(page);
	await page.locator('[data-filter]').fill('');
	await expect(page).not.toHaveURL(/q=/);
	await page.getByRole('link', { name: /^All/ }).click();
	await expect(page).toHaveURL(/\/dags\??$/);
	await live(page);
	await page.keyboard.press('g');
	await page.keyboard.press('o');
	await live(page);
	await page.keyboard.press('g');
	await page.keyboard.press('d');
	await expect(page).toHaveURL(/\/dags$/);
});
