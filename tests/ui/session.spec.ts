// Who signs out is out: in all tabs, with a copy of the cookie, and after the daemon has started again.
import { expect, expectSound, live, signIn, test } from './look.ts';

test('signing out ends the session', async ({ page, context, house, excuse }) => {
	excuse(/net::ERR_|status of 401/); // the browser tells of each, and that the daemon was away
	await page.goto('/dags');
	await live(page);
	const other = await context.newPage();
	await other.goto('/runs');
	await live(other);
	const cookies = await context.cookies();
	await page.getByRole('button', { name: 'Sign out' }).click();
	await expect(page.locator('main')).toContainText('heddle page');
	await expect(other.locator('main')).toContainText('heddle page');
	expect(await context.cookies()).toEqual([]);
	await other.close();
	await context.addCookies(cookies);
	expect((await page.goto('/dags'))!.status()).toBe(401);
	await house.stop('SIGKILL');
	await house.start();
	expect((await page.goto('/dags'))!.status()).toBe(401);
	await expectSound(page);
	await signIn(page, house);
	await page.goto('/dags');
	await live(page);
});

test('another page cannot sign one out', async ({ page, house, excuse }) => {
	excuse(/status of 403/); // the browser tells of it
	await page.goto('/dags');
	const status = await page.evaluate(async () => (await fetch(`/sign-out/${'0'.repeat(64)}`, { method: 'POST' })).status);
	expect(status).toBe(403);
	await page.reload();
	await live(page);
	void house;
});
