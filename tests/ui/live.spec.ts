// What happens is shown without a reload.
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { BROKEN, CHAIN, GATED } from './dags.ts';
import { expect, light, live, signIn, slowdown, test, workOf } from './look.ts';

const row = (id: string) => `tr[data-key="${id}"]`;

test('a file that is dropped appears within a second, and goes with the file', async ({ page, house }) => {
	await page.goto('/dags');
	await live(page);
	const took: number[] = [];
	let limit = 1_000;
	for (let i = 0; i < 4 && Math.min(...took) >= limit; i++) {
		limit = Math.max(limit, 1_000 * slowdown());
		const began = Date.now();
		house.drop('fresh.yaml', "id: fresh\ntasks: [{id: a, command: 'true'}]\n");
		await expect(page.locator(row('fresh'))).toBeVisible();
		took.push(Date.now() - began);
		house.remove('fresh.yaml');
		await expect(page.locator(row('fresh'))).toHaveCount(0);
	}
	expect(Math.min(...took), `of ${took.join(', ')} ms`).toBeLessThan(limit);
});

test('a file that does not check stands on top, with its place, until it is mended', async ({ page, house }) => {
	await house.dag('steady', "id: steady\ntasks: [{id: a, command: 'true'}]\n");
	await page.goto('/dags');
	await live(page);
	house.drop('broken.yaml', BROKEN);
	const panel = page.locator('.broken');
	await expect(panel).toContainText('broken.yaml');
	await expect(panel).toContainText(/comand.*command/s);
	const [panelBox, rowBox] = [await panel.boundingBox(), await page.locator(row('steady')).boundingBox()];
	expect(panelBox!.y).toBeLessThan(rowBox!.y);
	house.drop('broken.yaml', BROKEN.replace('comand', 'command'));
	await expect(panel).toHaveCount(0);
	await expect(page.locator(row('broken'))).toBeVisible();
	house.remove('broken.yaml');
});

test('a DAG whose file is broken or gone says so on its page, and keeps what was there', async ({ page, house, excuse }) => {
	excuse(/status of 404/); // the browser tells of it
	const good = "id: fragile\ntasks: [{id: a, command: 'true'}]\n";
	await house.dag('fragile', good);
	await page.goto('/dags/fragile');
	await live(page);
	await expect(page.locator('.broken')).toHaveCount(0);
	house.drop('fragile.yaml', good.replace('command', 'comand'));
	await expect(page.locator('.broken')).toContainText("did you mean 'command'?");
	house.drop('fragile.yaml', good);
	await expect(page.locator('.broken')).toHaveCount(0);
	house.remove('fragile.yaml');
	await expect(page.locator('.banner')).toContainText('No DAG fragile is in force');
	await expect(page.locator('h1')).toHaveText('fragile');
	house.drop('fragile.yaml', good);
	await expect(page.locator('.banner')).toHaveCount(0);
	house.remove('fragile.yaml');
});

test('rows do not jump under the pointer: what came waits until it is elsewhere', async ({ page, house }) => {
	await house.dag('mm_steady', "id: mm_steady\ntasks: [{id: a, command: 'true'}]\n");
	await page.goto('/dags?q=mm_');
	await live(page);
	await page.locator(row('mm_steady')).hover();
	const before = await page.locator(row('mm_steady')).boundingBox();
	await house.dag('mm_first', "id: mm_first\ntasks: [{id: a, command: 'true'}]\n");
	const run = await house.trigger('mm_steady');
	await house.ended(run);
	await expect(page.locator(`${row('mm_steady')} [data-cell="${run}"]`)).toBeVisible();
	expect(await page.locator(row('mm_steady')).boundingBox()).toEqual(before);
	await expect(page.locator(row('mm_first'))).toHaveCount(0);
	await page.mouse.move(1, 1);
	await expect(page.locator(row('mm_first'))).toBeVisible();
	for (const id of ['mm_steady', 'mm_first']) house.remove(`${id}.yaml`);
});

test('a run that is triggered in the dialog comes alive: states, then its log line by line', async ({ page, house }) => {
	const gate = join(house.folder, 'gate-1');
	await house.dag('gated', GATED.replace('GATEFILE', gate));
	await page.goto('/dags/gated');
	await live(page);
	await page.locator('[data-dialog="trigger"]').first().click();
	await page.getByRole('dialog').locator('.btn.primary').click();
	await expect(page).toHaveURL(/\/runs\/[0-9a-f]{16}/);
	await page.goto(`${page.url().split('?')[0]}?task=talk`);
	await live(page);
	const lines = page.locator('[data-lines]');
	await expect(page.locator('.gantt [data-cell$=".talk"].c-running').first()).toBeVisible();
	await expect(lines).toContainText('line 1');
	const first = Number(/(\d+)/.exec((await page.locator('[data-count]').textContent()) ?? '')?.[1]);
	await expect(async () => {
		const now = Number(/(\d+)/.exec((await page.locator('[data-count]').textContent()) ?? '')?.[1]);
		expect(now).toBeGreaterThan(first + 5);
	}).toPass();
	writeFileSync(gate, '');
	await expect(page.locator('.gantt [data-cell$=".after"].c-success').first()).toBeVisible();
	await expect(page.locator('.head .pill')).toContainText('success');
});

test('the log follows its end until one scrolls up, and then says what came', async ({ page, house }) => {
	const gate = join(house.folder, 'gate-2');
	await house.dag('gated', GATED.replace('GATEFILE', gate).replace('sleep 0.05', 'sleep 0.01'));
	const run = await house.trigger('gated');
	await house.task(run, 'talk', 'running');
	await page.goto(`/runs/${run}?task=talk`);
	const box = page.locator('[data-lines]');
	const follow = page.locator('[data-follow]');
	await expect(async () => expect(await box.evaluate((e) => e.scrollHeight > 3 * e.clientHeight)).toBe(true)).toPass();
	await expect(follow).toHaveAttribute('aria-pressed', 'true');
	const isAtEnd = () => box.evaluate((e) => e.scrollTop + e.clientHeight >= e.scrollHeight - 40);
	expect(await isAtEnd()).toBe(true);
	await box.evaluate((e) => (e.scrollTop = 0));
	await expect(follow).toHaveAttribute('aria-pressed', 'false');
	await expect(box.locator('.ln').first()).toContainText('line 1');
	const pill = page.locator('.log .new');
	await expect(pill).toContainText('new line');
	await pill.click();
	await expect(follow).toHaveAttribute('aria-pressed', 'true');
	await expect(async () => expect(await isAtEnd()).toBe(true)).toPass();
	writeFileSync(gate, '');
	await house.ended(run);
	const total = (await house.api<{ items: { line: number }[] }>('GET', `/runs/${run}/tasks/talk/attempts/1/log?tail=1`)).items[0]!.line;
	await expect(page.locator('[data-count]')).toHaveText(`${total.toLocaleString('en')} lines`);
});

test('one stream serves all tabs, and outlives the tab that holds it', async ({ page, context, house }) => {
	test.slow();
	await page.goto('/dags');
	await live(page);
	const tabs = [];
	for (let i = 0; i < 7; i++) {
		const tab = await context.newPage();
		await tab.goto('/dags');
		tabs.push(tab);
	}
	for (const tab of tabs) await live(tab);
	house.drop('shared.yaml', "id: shared\ntasks: [{id: a, command: 'true'}]\n");
	await expect(tabs[6]!.locator(row('shared'))).toBeVisible();
	await page.goto('about:blank');
	house.remove('shared.yaml');
	await expect(tabs[6]!.locator(row('shared'))).toHaveCount(0);
	for (const tab of tabs) await tab.close();
});

test('the light says that the daemon is away, and the page catches up when it is back', async ({ page, house, excuse }) => {
	excuse(/net::ERR_|status of 401/); // the browser itself tells of what was refused
	await house.dag('chain', CHAIN.replace('FLAGFILE', '/nowhere'));
	await page.goto('/dags');
	await live(page);
	await house.stop('SIGKILL');
	await expect(light(page)).toHaveAttribute('data-live', 'trying');
	await expect(light(page)).toContainText('Trying again since');
	house.drop('meanwhile.yaml', "id: meanwhile\ntasks: [{id: a, command: 'true'}]\n");
	await house.start();
	await expect(async () => {
		if ((await light(page).getAttribute('data-live')) === 'signed-out') {
			const tab = await page.context().newPage();
			await signIn(tab, house);
			await tab.close();
		}
		await expect(light(page)).toHaveAttribute('data-live', 'live', { timeout: 6_000 });
	}).toPass({ timeout: 30_000 });
	await expect(page.locator(row('meanwhile'))).toBeVisible();
	house.remove('meanwhile.yaml');
});

test('a thousand changes a second leave the page at work, and its memory flat', async ({ page, house }) => {
	test.slow();
	const rows = Array.from({ length: 400 }, (_, i) => `  - {id: t_${i}, empty: ${i % 20 ? `, depends_on: [t_${i - 1}]` : ''}}`);
	await house.dag('burst', `id: burst\nmax_active_runs: 64\ntasks:\n${rows.join('\n')}\n`);
	await page.goto('/dags/burst');
	await live(page);
	const cdp = await page.context().newCDPSession(page);
	const heap = async (): Promise<number> => {
		await cdp.send('HeapProfiler.collectGarbage');
		return (await cdp.send('Runtime.getHeapUsage')).usedSize;
	};
	const heapBefore = await heap();
	const work = await workOf(page);
	const runs: string[] = [];
	for (let i = 0; i < 25; i++) runs.push(await house.trigger('burst'));
	for (const run of runs) await house.ended(run, 90);
	await expect(page.locator(`[data-at="${runs.at(-1)}.t_0"]`)).toHaveClass(/c-success/);
	const seconds = (await work()) / 1000;
	const grown = (await heap()) - heapBefore;
	console.log(`burst of 25 runs of 400 tasks: ${seconds.toFixed(2)} s of processor, ${grown} bytes more`);
	expect(seconds, 'seconds of processor that the page took').toBeLessThan(6);
	expect(grown, 'bytes that the page has grown by').toBeLessThan(4 * 1024 * 1024);
	house.remove('burst.yaml');
});
