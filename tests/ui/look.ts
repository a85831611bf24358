// What each test of the page starts with: a daemon of its worker's own, a browser that is signed in,
// and a page that fails the test when its console says an error or its policy refuses something that
// the test has not excused beforehand: the browser tells of an answer when it likes to.
import { test as base, expect, type Page } from '@playwright/test';
import AxeBuilder from '@axe-core/playwright';
import { House } from './house.ts';

export { expect };

interface Trouble {
	said: string[];
	excused: RegExp[];
}

export const test = base.extend<{ trouble: Trouble; excuse: (what: RegExp) => void }, { house: House }>({
	house: [
		async ({}, use) => {
			const house = new House();
			await house.start();
			await use(house);
			await house.destroy();
		},
		{ scope: 'worker' },
	],
	baseURL: async ({ house }, use) => use(house.origin),
	trouble: async ({}, use) => use({ said: [], excused: [] }),
	excuse: async ({ trouble }, use) => use((what) => void trouble.excused.push(what)),
	page: async ({ page, house, trouble }, use) => {
		watch(page, trouble.said);
		await signIn(page, house);
		await use(page);
		const said = trouble.said.filter((line) => !trouble.excused.some((what) => what.test(line)));
		expect(said, 'what the console said').toEqual([]);
	},
});

export function watch(page: Page, trouble: string[]): void {
	page.on('console', (said) => {
		if (said.type() === 'error') trouble.push(said.text());
	});
	page.on('pageerror', (error) => trouble.push(error.stack ?? error.message));
}

export async function signIn(page: Page, house: House): Promise<void> {
	await page.goto(await house.link());
}

export const light = (page: Page) => page.locator('.live');

export async function live(page: Page): Promise<void> {
	await expect(light(page)).toHaveAttribute('data-live', 'live');
}

// Milliseconds of processor that the page's thread has taken since it was asked first.
export async function workOf(page: Page): Promise<() => Promise<number>> {
	const cdp = await page.context().newCDPSession(page);
	await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
	const taken = async () => {
		const { metrics } = await cdp.send('Performance.getMetrics');
		return metrics.find((metric) => metric.name === 'TaskDuration')!.value * 1000;
	};
	const before = await taken();
	return async () => (await taken()) - before;
}

// How much longer than the processor needs things take now, as others work on this machine, too.
export function slowdown(): number {
	const [began, before] = [performance.now(), process.cpuUsage()];
	while (performance.now() - began < 200);
	const { user, system } = process.cpuUsage(before);
	return Math.max(1, ((performance.now() - began) * 1000) / (user + system));
}

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
export const ELEMENTS_MAX = 1_500;

// What holds for every page, however it came about.
export async function expectSound(page: Page): Promise<void> {
	const measured = await page.evaluate(() => ({
		sideways: document.documentElement.scrollWidth - innerWidth,
		elements: document.querySelectorAll('*').length,
	}));
	expect(measured.sideways, 'the page scrolls sideways').toBeLessThanOrEqual(0);
	expect(measured.elements, 'elements on the page').toBeLessThanOrEqual(ELEMENTS_MAX);
	const axe = await new AxeBuilder({ page }).withTags(RULES).analyze();
	const said = axe.violations.map(
		(found) =>
			`${found.id} x${found.nodes.length}: ${found.nodes[0]?.target.join(' ')} | ${found.nodes[0]?.failureSummary?.split('\n')[1] ?? ''}`,
	);
	expect(said).toEqual([]);
}
