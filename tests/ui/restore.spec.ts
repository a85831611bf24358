// A page that stays open while the daemon is given an older database goes on from what is true then.
import { expect, light, live, test } from './look.ts';

const DAG = "id: kept\ntasks:\n  - {id: only, command: 'true'}\n";

test('pages that are open over a restore show what is there then, and what comes', async ({ page, context, house, excuse }) => {
	excuse(/Failed to load resource|net::ERR/); // the browser itself tells that the daemon was away
	await house.dag('kept', DAG);
	const first = await house.trigger('kept');
	await house.ended(first);
	const putBack = await house.backup();
	const lost = [];
	for (let i = 0; i < 5; i++) {
		lost.push(await house.trigger('kept'));
		await house.ended(lost.at(-1)!);
	}
	const pages = [page, await context.newPage()];
	for (const each of pages) {
		await each.goto('/runs?dag=kept');
		await live(each);
		await expect(each.locator('tbody tr')).toHaveCount(6);
	}
	await putBack();
	for (const each of pages) {
		await each.bringToFront();
		await live(each);
		await expect(each.locator('tbody tr')).toHaveCount(1);
		await expect(each.locator('tbody')).toContainText(first);
	}
	await house.resume();
	const next = await house.trigger('kept'); // its facts have numbers that these pages have seen
	await house.ended(next);
	for (const each of pages) {
		await each.bringToFront();
		await expect(each.locator('tbody tr')).toHaveCount(2);
		await expect(each.locator(`tr[data-key="${next}"]`)).toContainText('success');
	}
	await expect(light(page)).toHaveAttribute('data-live', 'live');
});

test('a page that was behind the backup shows what the older database has', async ({ page, house, excuse }) => {
	excuse(/Failed to load resource|net::ERR/);
	await house.dag('kept', DAG);
	const putBack = await house.backup();
	await page.goto('/runs?dag=kept');
	await live(page);
	const before = await page.locator('tbody tr').count();
	const lost = await house.trigger('kept');
	await expect(page.locator(`tr[data-key="${lost}"]`)).toContainText('success');
	await page.evaluate(() => document.body.setAttribute('data-seen', 'yes'));
	await putBack();
	await house.resume();
	for (let i = 0; i < 4; i++) await house.ended(await house.trigger('kept'));
	await live(page);
	await expect(page.locator(`tr[data-key="${lost}"]`)).toHaveCount(0);
	await expect(page.locator('tbody tr')).toHaveCount(before + 4);
	await expect(page.locator('body')).toHaveAttribute('data-seen', 'yes');
});
