// What is large stays usable: 10,000 tasks, a million lines, and the budgets of the first view.
import { wide } from './dags.ts';
import { ELEMENTS_MAX, expect, expectSound, live, test, workOf } from './look.ts';

const elements = () => document.querySelectorAll('*').length;

test('a DAG of 10,000 tasks: grid by the window, graph by closed groups', async ({ page, house }) => {
	test.slow();
	await house.dag('wide', wide('wide', 10_000, 100));
	const run = await house.trigger('wide');
	await house.ended(run, 90);
	const taken: Record<string, number> = {};
	const open = async (name: string, address: string, css: string) => {
		const [daemon, browser] = [house.work(), await workOf(page)];
		await page.goto(address);
		await expect(page.locator(css).first()).toBeVisible();
		taken[`${name}, daemon`] = house.work() - daemon;
		taken[`${name}, browser`] = Math.round(await browser());
		await live(page);
		expect(await page.evaluate(elements), name).toBeLessThanOrEqual(ELEMENTS_MAX);
	};
	await open('grid', '/dags/wide', '[role="grid"] [data-at]');
	await open('run', `/runs/${run}`, '.gantt .g');
	await open('graph', '/dags/wide?view=graph', '.node.group');
	console.log(`10,000 tasks, ms of processor: ${JSON.stringify(taken)}`);
	expect(Math.max(...Object.values(taken)), 'ms of processor for a page').toBeLessThan(1_500);
	expect(await page.locator('.node').count()).toBeLessThanOrEqual(300);
	await page.locator('.node.group').first().click();
	await expect(page.locator('.node:not(.group)').first()).toBeVisible();
	await expectSound(page);
	await page.locator('[data-graph-up]').click();
	await expect(page.locator('.node.group').first()).toBeVisible();
	await page.goto('/dags/wide');
	await page.locator('a[rel="next"]').first().click();
	await expect(page).toHaveURL(/tasks=/);
	await expect(page.locator('[role="grid"] [data-at]').first()).toBeVisible();
	house.remove('wide.yaml');
});

test('a log of 1,000,000 lines opens at its end, is found in, and links to a line', async ({ page, house }) => {
	test.slow();
	await house.dag('long', 'id: long\ntasks:\n  - {id: many, command: "seq 1 1000000"}\n');
	const run = await house.trigger('long');
	await house.ended(run, 120);
	await page.goto(`/runs/${run}?task=many`);
	const box = page.locator('[data-lines]');
	await expect(page.locator('[data-count]')).toHaveText('1,000,000 lines');
	await expect(box.locator('.ln').last()).toContainText('1000000');
	expect(await box.locator('.ln').count()).toBeLessThan(100);
	await box.evaluate((e) => (e.scrollTop = e.scrollHeight / 2));
	await expect(box.locator('.ln').nth(15)).toContainText(/50\d{4}|49\d{4}/);
	await box.evaluate((e) => (e.scrollTop = 0));
	await expect(box.locator('.ln').first()).toContainText(/1$/);
	await page.locator('[data-find]').fill('777777');
	await expect(page.locator('[data-hits]')).toHaveText('1');
	await expect(box.locator('.ln.target')).toContainText('777777');
	await expect(page).toHaveURL(/#L777777$/);
	// An answer looks through a part of the log: until the last one has, the page says so.
	let goOn = (): void => undefined;
	const held = new Promise<void>((release) => (goOn = release));
	await page.route(/log\?find=99999&from=(?!1&)/, async (route) => {
		await held;
		await route.continue();
	});
	const hits = page.locator('[data-hits]');
	await page.locator('[data-find]').fill('99999');
	await expect(hits).toHaveText(/^\d+ … \d+%$/);
	await expect(hits).toHaveAttribute('aria-busy', 'true');
	goOn();
	await expect(hits).toHaveText('19'); // 99999, 199999 to 999999, 999990 to 999998
	await expect(hits).toHaveAttribute('aria-busy', 'false');
	await page.locator('[data-find]').fill('nowhere in it');
	await expect(hits).toHaveText('0');
	await page.locator('[data-find]').fill('');
	await page.getByLabel('Lines shown').selectOption('debug');
	await expect(page.locator('[data-count]')).toHaveText('0 of 1,000,000 lines', { timeout: 20_000 });
	await page.getByLabel('Lines shown').selectOption('');
	await page.goto(`/runs/${run}?task=many#L123456`);
	await page.reload();
	await expect(box.locator('.ln.target')).toContainText('123456');
	await expect(page.locator('[data-follow]')).toHaveAttribute('aria-pressed', 'false');
	await expectSound(page);
});

test('the first view stays inside its budgets', async ({ page, browser, house }) => {
	await house.dag('small', "id: small\ntasks: [{id: a, command: 'true'}]\n");
	const context = await browser.newContext({ storageState: await page.context().storageState() });
	const fresh = await context.newPage(); // nothing is in its cache
	const cdp = await context.newCDPSession(fresh);
	const bytes: Record<string, number> = {};
	const kinds: Record<string, string> = {};
	await cdp.send('Network.enable');
	cdp.on('Network.responseReceived', (e) => (kinds[e.requestId] = e.type));
	cdp.on('Network.loadingFinished', (e) => {
		const kind = kinds[e.requestId] ?? 'Other';
		bytes[kind] = (bytes[kind] ?? 0) + e.encodedDataLength;
	});
	await fresh.addInitScript(() => {
		const seen = { shift: 0 };
		(window as unknown as { seen: typeof seen }).seen = seen;
		new PerformanceObserver((list) => {
			for (const entry of list.getEntries()) seen.shift += (entry as unknown as { value: number }).value;
		}).observe({ type: 'layout-shift', buffered: true });
	});
	const work = await workOf(fresh);
	await fresh.goto(house.origin);
	await live(fresh);
	const took = Math.round(await work());
	const { shift } = await fresh.evaluate(() => (window as unknown as { seen: { shift: number } }).seen);
	const total = Object.values(bytes).reduce((a, b) => a + b, 0);
	console.log(`first view: ${JSON.stringify({ ...bytes, total, took, shift })}`);
	expect(bytes['Script'], 'bytes of script').toBeGreaterThan(0);
	expect(bytes['Script'], 'bytes of script').toBeLessThan(60 * 1024);
	expect(bytes['Stylesheet'], 'bytes of style').toBeLessThan(12 * 1024);
	expect(total, 'bytes of the first view').toBeLessThan(60 * 1024);
	expect(shift, 'layout shift').toBeLessThan(0.02);
	expect(took, 'ms of processor until the page is live').toBeLessThan(500);
	await context.close();
});
