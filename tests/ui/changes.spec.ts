// What changes something asks first, with the list of what would happen.
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { CHAIN, GATED } from './dags.ts';
import type { House } from './house.ts';
import { expect, live, test } from './look.ts';

async function failedRun(house: House, flag: string): Promise<string> {
	await house.dag('chain', CHAIN.replace('FLAGFILE', flag));
	const run = await house.trigger('chain');
	expect((await house.ended(run)).state).toBe('failed');
	return run;
}

const dialog = (page: Page) => page.getByRole('dialog');

test('a failed run says why in one sentence, and a rerun through the dialog mends it', async ({ page, house }) => {
	const flag = join(house.folder, 'flag-rerun');
	const run = await failedRun(house, flag);
	const why = await house.api<{ answer: string }>('GET', `/runs/${run}/tasks/load/why`);
	await page.goto(`/runs/${run}?task=load`);
	await live(page);
	await expect(page.locator('.why')).toContainText(why.answer);
	writeFileSync(flag, '');
	await page.locator('[data-dialog="rerun"]').first().click();
	await expect(dialog(page).locator('[data-change="task"]')).toHaveCount(2);
	await expect(dialog(page)).toContainText('load');
	await expect(dialog(page)).toContainText('report');
	await dialog(page).getByLabel(/^Why/).fill('the flag is there now');
	await dialog(page).getByRole('button', { name: 'Rerun 2 tasks' }).click();
	await expect(page.locator('.head .pill')).toContainText('success');
	await expect(page.locator('.gantt [data-cell$=".report"].c-success').first()).toBeVisible();
	const facts = await house.api<{ items: { why: string | null }[] }>('GET', `/facts?run=${run}&limit=200`);
	expect(facts.items.some((fact) => (fact.why ?? '').includes('the flag is there now'))).toBe(true);
});

test('a rerun of one task can take what comes after it, or leave it', async ({ page, house }) => {
	const run = await failedRun(house, join(house.folder, 'flag-none'));
	await page.goto(`/runs/${run}?task=extract`);
	await page.locator('[data-dialog="rerun"][data-task="extract"]').first().click();
	await expect(dialog(page).locator('[data-change="task"]')).toHaveCount(3);
	await dialog(page).getByRole('button', { name: 'this task only' }).click();
	await expect(dialog(page).locator('[data-change="task"]')).toHaveCount(1);
	await expect(dialog(page).getByRole('button', { name: 'Rerun 1 task' })).toBeEnabled();
	await page.keyboard.press('Escape');
	await expect(dialog(page)).toBeHidden();
	expect((await house.run(run)).state).toBe('failed');
});

test('a file that was mended is what runs again, when one says so', async ({ page, house }) => {
	const flag = join(house.folder, 'flag-version');
	const run = await failedRun(house, flag);
	await house.dag('chain', CHAIN.replace('FLAGFILE', '/etc/passwd'));
	await page.goto(`/runs/${run}`);
	await live(page);
	await expect(page.locator('.head')).toContainText('its DAG has changed since');
	await page.locator('[data-dialog="rerun"]').first().click();
	await expect(dialog(page)).toContainText('The DAG has changed since this run began');
	await dialog(page).getByRole('button', { name: 'the version in force' }).click();
	await expect(dialog(page).getByRole('button', { name: 'the version in force' })).toHaveAttribute('aria-pressed', 'true');
	await dialog(page).getByLabel(/^Why/).fill('mended the file');
	await dialog(page).getByRole('button', { name: 'Rerun 2 tasks' }).click();
	await expect(page.locator('.head .pill')).toContainText('success');
	await expect(page.locator('[data-changed]')).toHaveCount(0);
	await page.locator('[data-dialog="rerun"]').first().click();
	await expect(dialog(page).getByRole('button', { name: 'every task' })).toHaveAttribute('aria-pressed', 'true');
	await expect(dialog(page).getByRole('button', { name: 'Rerun 3 tasks' })).toBeEnabled();
});

test('what was listed has changed meanwhile: nothing is done, and the dialog says so', async ({ page, house, excuse }) => {
	excuse(/status of 409/); // the browser itself tells of it
	const flag = join(house.folder, 'flag-changed');
	const run = await failedRun(house, flag);
	await page.goto(`/runs/${run}`);
	await page.locator('[data-dialog="rerun"]').first().click();
	await expect(dialog(page).locator('[data-change="task"]')).toHaveCount(2);
	await house.api('POST', `/runs/${run}/tasks/load:mark`, { state: 'success', reason: 'by hand' });
	await house.ended(run);
	await dialog(page).getByRole('button', { name: /^Rerun/ }).click();
	await expect(dialog(page).locator('[data-problem]')).toBeVisible();
	expect((await house.run(run)).tasks['load']).toBe('success');
});

test('a run is cancelled with a reason, and ends', async ({ page, house }) => {
	await house.dag('gated', GATED.replace('GATEFILE', join(house.folder, 'never')));
	const run = await house.trigger('gated');
	await house.task(run, 'talk', 'running');
	await page.goto(`/runs/${run}`);
	await live(page);
	await page.locator('[data-dialog="cancel"]').first().click();
	await expect(dialog(page).locator('[data-list] li').first()).toBeVisible();
	await dialog(page).getByLabel(/^Why/).fill('not today');
	await dialog(page).getByRole('button', { name: 'Cancel the run' }).click();
	await expect(page.locator('.head .pill')).toContainText('cancelled');
	expect((await house.ended(run)).state).toBe('cancelled');
});

test('a failed task is marked as success, and what waited for it goes on', async ({ page, house }) => {
	const run = await failedRun(house, join(house.folder, 'flag-mark'));
	await page.goto(`/runs/${run}?task=load`);
	await live(page);
	await page.locator('[data-dialog="mark"]').first().click();
	await dialog(page).getByRole('button', { name: 'success', exact: true }).click();
	await dialog(page).getByLabel(/^Why/).fill('loaded by hand');
	await dialog(page).getByRole('button', { name: 'Mark it' }).click();
	await expect(page.locator('.gantt [data-cell$=".load"].c-success').first()).toBeVisible();
	expect((await house.run(run)).tasks['load']).toBe('success');
});

test('a note is written, and shown to who looks', async ({ page, house }) => {
	const run = await failedRun(house, join(house.folder, 'flag-note'));
	await page.goto(`/runs/${run}`);
	await page.locator('[data-dialog="note"]').first().click();
	await dialog(page).getByLabel('Note').fill('the source <b>was</b> late');
	await dialog(page).getByRole('button', { name: 'Save the note' }).click();
	await expect(page.locator('main')).toContainText('the source <b>was</b> late');
});

test('a DAG is switched off and on in the list', async ({ page, house }) => {
	await house.dag('chain', CHAIN.replace('FLAGFILE', '/nowhere'));
	await page.goto('/dags');
	await live(page);
	const paused = async () => (await house.api<{ paused: boolean }>('GET', '/dags/chain')).paused;
	const button = page.getByRole('switch', { name: /^chain/ });
	await expect(button).toHaveAttribute('aria-checked', 'true');
	await button.click();
	await expect(button).toHaveAttribute('aria-checked', 'false');
	await expect.poll(paused).toBe(true); // the switch does not wait for the answer
	await button.click();
	await expect(button).toHaveAttribute('aria-checked', 'true');
	await expect.poll(paused).toBe(false);
});

test('several DAGs are paused at once, with a reason, and that is undone', async ({ page, house }) => {
	for (const id of ['bulk_a', 'bulk_b', 'bulk_c']) await house.dag(id, `id: ${id}\ntasks: [{id: a, command: 'true'}]\n`);
	await page.goto('/dags?q=name:bulk_*');
	await live(page);
	await expect(page.locator('tbody tr')).toHaveCount(3);
	for (const key of ['j', 'x', 'j', 'x']) await page.keyboard.press(key);
	await expect(page.locator('.bulk')).toContainText('2 rows selected');
	await page.locator('.bulk').getByRole('button', { name: 'Pause' }).click();
	await expect(dialog(page).locator('li')).toHaveText(['bulk_a', 'bulk_b']);
	await dialog(page).getByLabel(/^Why/).fill('the source is moved');
	await dialog(page).getByRole('button', { name: 'Pause' }).click();
	await expect(page.locator('.bulk')).toHaveCount(0);
	const paused = async (id: string) => (await house.api<{ paused: boolean }>('GET', `/dags/${id}`)).paused;
	const allPaused = async () => [await paused('bulk_a'), await paused('bulk_b'), await paused('bulk_c')];
	await expect.poll(allPaused).toEqual([true, true, false]);
	await expect(page.locator('tr[data-key="bulk_a"]')).toContainText('the source is moved');
	await page.locator('#said').getByRole('button', { name: 'Undo' }).click();
	await expect.poll(allPaused).toEqual([false, false, false]);
	for (const id of ['bulk_a', 'bulk_b', 'bulk_c']) house.remove(`${id}.yaml`);
});

test('several runs are rerun at once', async ({ page, house }) => {
	const flag = join(house.folder, 'flag-many');
	const first = await failedRun(house, flag);
	const second = await house.trigger('chain');
	await house.ended(second);
	await page.goto('/dags/chain?view=runs&state=failed');
	await live(page);
	for (const run of [first, second]) await page.getByLabel(`Select ${run.slice(0, 8)}`).check();
	await page.locator('.bulk').getByRole('button', { name: 'Rerun what failed' }).click();
	await expect(dialog(page).locator('li')).toHaveCount(2);
	writeFileSync(flag, '');
	await dialog(page).getByLabel(/^Why/).fill('the flag came');
	await dialog(page).getByRole('button', { name: 'Rerun what failed' }).click();
	for (const run of [first, second]) await expect.poll(async () => (await house.run(run)).state).toBe('success');
});

test('a mark and a pause are undone', async ({ page, house }) => {
	const run = await failedRun(house, join(house.folder, 'flag-undo'));
	await page.goto(`/runs/${run}?task=load`);
	await live(page);
	await page.locator('[data-dialog="mark"]').first().click();
	await dialog(page).getByRole('button', { name: 'skipped', exact: true }).click();
	await dialog(page).getByLabel(/^Why/).fill('by mistake');
	await dialog(page).getByRole('button', { name: 'Mark it' }).click();
	await expect(page.locator('.gantt [data-cell$=".load"].c-skipped').first()).toBeVisible();
	await page.locator('#said').getByRole('button', { name: 'Undo' }).click();
	await expect(page.locator('.gantt [data-cell$=".load"].c-failed').first()).toBeVisible();
	await page.goto('/dags/chain');
	await live(page);
	await page.locator('[data-dialog="pause"]').first().click();
	await dialog(page).locator('[data-go]').click();
	await page.locator('#said').getByRole('button', { name: 'Undo' }).click();
	await expect(page.locator('#said')).toContainText('goes on again');
	expect((await house.api<{ paused: boolean }>('GET', '/dags/chain')).paused).toBe(false);
});

test('a run is started with the params that it asks for', async ({ page, house }) => {
	await house.dag('asks', "id: asks\nparams: {who: {type: string}}\ntasks: [{id: greet, env: {WHO: '{{ params.who }}'}, command: 'echo hello $WHO'}]\n");
	await page.goto('/dags/asks');
	await live(page);
	const opener = page.locator('[data-dialog="trigger"]').first();
	await opener.click();
	await dialog(page).getByRole('link', { name: 'Leave it' }).click();
	await expect(dialog(page)).toBeHidden();
	await opener.click();
	await dialog(page).getByLabel(/who/).fill('<b>Ada</b>');
	await dialog(page).locator('.btn.primary').click();
	await expect(page).toHaveURL(/\/runs\/[0-9a-f]{16}/);
	await expect(page.locator('.head .pill')).toContainText('success');
	await expect(page.locator('[data-lines]')).toContainText('hello <b>Ada</b>');
	house.remove('asks.yaml');
});
