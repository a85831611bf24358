// The pages are useful before, and without, their script.
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { BROKEN, CHAIN } from './dags.ts';
import { expect, test } from './look.ts';

test.use({ javaScriptEnabled: false });

test('without script: the list, a DAG, a run, its log and why', async ({ page, house }) => {
	await house.dag('chain', CHAIN.replace('FLAGFILE', '/nowhere'));
	await house.broken('broken.yaml', BROKEN);
	const run = await house.trigger('chain');
	await house.ended(run);
	const why = await house.api<{ answer: string }>('GET', `/runs/${run}/tasks/load/why`);
	await page.goto('/dags');
	await expect(page.locator('.broken')).toContainText('broken.yaml');
	await page.getByRole('searchbox').first().fill('chain');
	await page.keyboard.press('Enter');
	await expect(page).toHaveURL(/q=chain/);
	await expect(page.locator('tbody tr')).toHaveCount(1);
	await page.locator('a.dagname').click();
	await expect(page).toHaveURL(/\/dags\/chain$/);
	await page.locator('[role="grid"] .cell.c-failed').last().click();
	await expect(page).toHaveURL(new RegExp(`at=${run}\\.load`));
	await expect(page.locator('[data-panel]')).toContainText('load');
	await page.goto(`/runs/${run}?task=load`);
	await expect(page.locator('.why')).toContainText(why.answer);
	await expect(page.locator('[data-lines]')).toContainText('no flag, no load');
	house.remove('broken.yaml');
});

test('without script: what changes something is a form that lists first', async ({ page, house }) => {
	const flag = join(house.folder, 'flag-plain');
	await house.dag('chain', CHAIN.replace('FLAGFILE', flag));
	const run = await house.trigger('chain');
	await house.ended(run);
	await page.goto(`/runs/${run}`);
	await page.locator('[data-dialog="rerun"]').first().click();
	await expect(page.locator('form.ask')).toContainText('load');
	await expect(page.locator('form.ask')).toContainText('report');
	writeFileSync(flag, '');
	await page.getByLabel('Why').fill('the flag is there now');
	await page.locator('form.ask .btn.primary').click();
	await expect(page).not.toHaveURL(/rerun/);
	expect((await house.ended(run)).state).toBe('success');
});

test('without script: a run is started', async ({ page, house }) => {
	await house.dag('chain', CHAIN.replace('FLAGFILE', '/nowhere'));
	await page.goto('/dags/chain');
	await page.locator('[data-dialog="trigger"]').first().click();
	await page.locator('form.ask button[type="submit"], form.ask .btn.primary').last().click();
	await expect(page).toHaveURL(/\/runs\/[0-9a-f]{16}/);
});

test('a run or a task that is not there is told with those nearby', async ({ page, house, excuse }) => {
	excuse(/status of 404/); // the browser itself tells of it
	await house.dag('chain', CHAIN.replace('FLAGFILE', '/nowhere'));
	const run = await house.trigger('chain');
	await house.ended(run);
	const last = run.endsWith('0') ? '1' : '0';
	for (const address of [`/runs/${run.slice(0, 15)}${last}`, `/runs/${run.slice(0, 6)}ffff/cancel`, `/runs/${run.slice(0, 15)}${last}/rerun`]) {
		expect((await page.goto(address))!.status()).toBe(404);
		await expect(page.getByRole('alert')).toContainText('There is no run');
		await expect(page.locator('main .mini')).toContainText('chain');
		await page.getByRole('link', { name: run }).click();
		await expect(page).toHaveURL(new RegExp(`/runs/${run}$`));
	}
	for (const address of [`/runs/${run}?task=laod`, `/runs/${run}/tasks/laod/mark`]) {
		expect((await page.goto(address))!.status()).toBe(404);
		await expect(page.getByRole('alert')).toContainText('has no task laod');
		await page.getByRole('link', { name: 'load', exact: true }).click();
		await expect(page).toHaveURL(/task=load$/);
	}
});

test('an address that leads nowhere says where to go', async ({ page, house, excuse }) => {
	excuse(/status of 404/); // the browser itself tells of it
	await house.dag('chain', CHAIN.replace('FLAGFILE', '/nowhere'));
	const answer = await page.goto('/dags/chian');
	expect(answer!.status()).toBe(404);
	await expect(page.locator('main')).toContainText('chain');
});
