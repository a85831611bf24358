// Every page, by day and by night, wide and narrow: it keeps the rules for access, never scrolls
// sideways, stays small, and its console is silent.
import { join } from 'node:path';
import { BROKEN, CHAIN, GATED } from './dags.ts';
import type { House } from './house.ts';
import { expect, expectSound, live, test } from './look.ts';

test.describe.configure({ mode: 'parallel' });

const VIEWS = [
	{ name: 'light', width: 1440, height: 900, theme: 'light' },
	{ name: 'dark', width: 1440, height: 900, theme: 'dark' },
	{ name: 'phone', width: 390, height: 844, theme: 'light' },
] as const;

interface Made {
	failed: string;
	running: string;
}

const made = new WeakMap<House, Made>();

// One failed run, one that goes on, one file that does not check.
async function make(house: House): Promise<Made> {
	const known = made.get(house);
	if (known) return known;
	await house.dag('chain', CHAIN.replace('FLAGFILE', '/nowhere'));
	await house.dag('gated', GATED.replace('GATEFILE', join(house.folder, 'never')).replace('0.05', '0.5'));
	await house.broken('broken.yaml', BROKEN);
	let failed = '';
	for (let i = 0; i < 5; i++) {
		failed = await house.trigger('chain');
		await house.ended(failed);
	}
	const running = await house.trigger('gated');
	await house.task(running, 'talk', 'running');
	made.set(house, { failed, running });
	return { failed, running };
}

const PAGES: [string, (made: Made) => string][] = [
	['overview', () => '/'],
	['dags', () => '/dags'],
	['dag', () => '/dags/chain'],
	['graph', () => '/dags/chain?view=graph'],
	['dag-runs', () => '/dags/chain?view=runs'],
	['code', () => '/dags/chain?view=code'],
	['history', () => '/dags/chain?view=history'],
	['runs', () => '/runs'],
	['run', ({ failed }) => `/runs/${failed}?task=load`],
	['run-live', ({ running }) => `/runs/${running}?task=talk`],
	['rerun', ({ failed }) => `/runs/${failed}/rerun`],
	['problem', () => '/nowhere'],
];

for (const view of VIEWS)
	test.describe(view.name, () => {
		test.use({ viewport: { width: view.width, height: view.height }, colorScheme: view.theme, reducedMotion: 'reduce' });
		for (const [name, address] of PAGES)
			test(name, async ({ page, house, excuse }) => {
				if (name === 'problem') excuse(/status of 404/); // the browser tells of it
				await page.goto(address(await make(house)));
				await expect(page.locator('h1').first()).toBeVisible();
				await live(page);
				if (page.url().includes('view=graph')) await expect(page.locator('.node').first()).toBeVisible();
				await expectSound(page);
				const looks = process.env['LOOKS']; // a folder: for eyes
				if (looks) await page.screenshot({ path: join(looks, `${name}-${view.name}.png`) });
			});
	});

test('dialogs keep the rules, too', async ({ page, house }) => {
	const { failed } = await make(house);
	for (const kind of ['rerun', 'mark', 'note', 'cancel'])
		for (const theme of ['light', 'dark'] as const) {
			await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
			await page.goto(`/runs/${failed}?task=load`);
			const opener = page.locator(`[data-dialog="${kind}"]`).first();
			if ((await opener.count()) === 0) continue;
			await opener.click();
			await expect(page.getByRole('dialog')).toBeVisible();
			await expectSound(page);
		}
	await page.goto('/dags');
	for (const key of ['?', 'Control+k']) {
		await live(page);
		await page.keyboard.press(key);
		await expect(page.getByRole('dialog')).toBeVisible();
		await expectSound(page);
		await page.keyboard.press('Escape');
	}
});

test('who is not signed in sees how to, and nothing else', async ({ browser, house }) => {
	const context = await browser.newContext();
	const page = await context.newPage();
	const answer = await page.goto(`${house.origin}/dags`);
	expect(answer!.status()).toBe(401);
	await expect(page.locator('main')).toContainText('heddle page');
	await expectSound(page);
	await context.close();
});
