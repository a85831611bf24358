// The lists: their order and their filters stand in the address, and work without script, too.
import type { House } from './house.ts';
import { expect, expectSound, live, test } from './look.ts';

const small = (id: string, owner: string, tasks: number) =>
	`id: ${id}\nowner: ${owner}\ntasks:\n${Array.from({ length: tasks }, (_, i) => `  - {id: t${i}, command: 'true'}\n`).join('')}`;

async function three(house: House): Promise<void> {
	await house.dag('sort_a', small('sort_a', 'zoe', 1));
	await house.dag('sort_b', small('sort_b', 'adam', 3));
	await house.dag('sort_c', small('sort_c', 'mia', 2));
	await house.ended(await house.trigger('sort_c'));
	await house.ended(await house.trigger('sort_a'));
}

const NAMES = 'tbody .dagname b';

test('the head of a column orders the list by it, and turns the order', async ({ page, house }) => {
	await three(house);
	await page.goto('/dags?q=sort_');
	await live(page);
	const head = (name: string) => page.getByRole('columnheader', { name });
	await expect(head('Name')).toHaveAttribute('aria-sort', 'ascending');
	await expect(head('Owner')).not.toHaveAttribute('aria-sort');
	await head('Owner').getByRole('link').click();
	await expect(page).toHaveURL(/q=sort_&sort=owner$/);
	await expect(page.locator(NAMES)).toHaveText(['sort_b', 'sort_c', 'sort_a']);
	await expect(head('Owner')).toHaveAttribute('aria-sort', 'ascending');
	await expectSound(page);
	await head('Owner').getByRole('link').click();
	await expect(page.locator(NAMES)).toHaveText(['sort_a', 'sort_c', 'sort_b']);
	await expect(head('Owner')).toHaveAttribute('aria-sort', 'descending');
	await head('Tasks').getByRole('link').click();
	await expect(page.locator(NAMES)).toHaveText(['sort_b', 'sort_c', 'sort_a']);
	await head('Now').getByRole('link').click();
	await expect(page.locator(NAMES)).toHaveText(['sort_a', 'sort_c', 'sort_b']);
	await live(page);
	await page.locator('[data-filter]').fill('sort_ owner:*a*');
	await expect(page).toHaveURL(/sort=-last_run/);
	await expect(page.locator(NAMES)).toHaveText(['sort_c', 'sort_b']);
	await page.getByRole('link', { name: /^Failed/ }).click();
	await expect(page).toHaveURL(/state=failed.*sort=-last_run/);
});

test('the order is followed as runs are made', async ({ page, house }) => {
	await three(house);
	await page.goto('/dags?q=sort_&sort=-last_run');
	await live(page);
	await page.mouse.move(0, 0);
	await house.ended(await house.trigger('sort_b'));
	await expect(page.locator(NAMES)).toHaveText(['sort_b', 'sort_a', 'sort_c']);
});

test('runs are filtered by what is typed, and the address keeps it', async ({ page, house, excuse }) => {
	excuse(/status of 400/); // the browser itself tells of it
	await three(house);
	await house.dag('fails', "id: fails\nowner: zoe\ntasks:\n  - {id: load, command: 'false'}\n");
	await house.ended(await house.trigger('fails'));
	await page.goto('/runs');
	await live(page);
	await page.keyboard.press('/');
	await page.keyboard.type('dag:*s* owner:zoe');
	await expect(page).toHaveURL(/q=dag/);
	await expect(page.locator(NAMES).first()).toHaveText('fails');
	await expect(page.locator(NAMES).filter({ hasText: 'sort_c' })).toHaveCount(0);
	await expectSound(page);
	await page.getByRole('link', { name: 'failed' }).click();
	await expect(page).toHaveURL(/state=failed&q=dag/);
	await expect(page.locator(NAMES)).toHaveText(['fails']);
	await live(page);
	await page.locator('[data-filter]').fill('load owner:zoe');
	await expect(page).toHaveURL(/q=load/);
	await expect(page.locator(NAMES)).toHaveText(['fails']);
	await page.locator('[data-filter]').fill('sate:failed');
	await expect(page.locator('.banner')).toContainText("did you mean 'state:'?");
	await expect(page.locator(NAMES)).toHaveText(['fails']);
	await page.locator('[data-filter]').fill('nobody');
	await expect(page.locator('.banner')).toHaveCount(0);
	await expect(page.locator('main')).toContainText('No run is like that.');
	await page.reload();
	await expect(page.locator('[data-filter]')).toHaveValue('nobody');
});

test.describe('without script', () => {
	test.use({ javaScriptEnabled: false });

	test('runs are filtered by a form', async ({ page, house }) => {
		await three(house);
		await page.goto('/runs?state=success&dag=sort_a');
		await page.getByRole('searchbox').first().fill('owner:zoe');
		await page.keyboard.press('Enter');
		await expect(page).toHaveURL(/q=owner%3Azoe/);
		await expect(page).toHaveURL(/dag=sort_a/);
		await expect(page).toHaveURL(/state=success/);
		await expect(page.locator('tbody tr').first()).toContainText('manual');
		await page.getByRole('searchbox').first().fill('owner:mia');
		await page.keyboard.press('Enter');
		await expect(page.locator('main')).toContainText('No run is like that.');
	});

	test('the order holds over pages and in the filter', async ({ page, house }) => {
		for (let i = 10; i < 55; i++) house.drop(`many_${i}.yaml`, small(`many_${i}`, `o${i % 10}`, 1));
		await house.dag('many_99', small('many_99', 'o0', 2));
		await page.goto('/dags?q=many_');
		await expect(page.locator('.more')).toContainText('of 46');
		await page.getByRole('columnheader', { name: 'Owner' }).getByRole('link').click();
		await expect(page.locator(NAMES).first()).toHaveText('many_10');
		const first = await page.locator(NAMES).allTextContents();
		await page.getByRole('link', { name: 'Next' }).click();
		const second = await page.locator(NAMES).allTextContents();
		const all = [...first, ...second];
		expect(all).toHaveLength(46);
		const key = (name: string) => (name === 'many_99' ? 'o0' : `o${Number(name.slice(5)) % 10}`) + name;
		expect(all).toEqual([...all].sort((a, b) => (key(a) < key(b) ? -1 : 1)));
		await page.getByRole('searchbox').first().fill('many_1');
		await page.keyboard.press('Enter');
		await expect(page).toHaveURL(/sort=owner/);
		await expect(page.locator(NAMES)).toHaveCount(10);
	});

	test('an order that there is not is refused with those that there are', async ({ page, excuse }) => {
		excuse(/status of 400/); // the browser itself tells of it
		const answer = await page.goto('/dags?sort=usual');
		expect(answer!.status()).toBe(400);
		await expect(page.locator('main')).toContainText('name, last_run, tasks, owner');
	});
});

test.describe('narrow', () => {
	test.use({ viewport: { width: 390, height: 844 } });

	test('cards are ordered, too', async ({ page, house }) => {
		await three(house);
		await page.goto('/dags?q=sort_');
		await live(page);
		await page.getByRole('link', { name: 'Owner' }).click();
		await expect(page.locator(NAMES)).toHaveText(['sort_b', 'sort_c', 'sort_a']);
		await expectSound(page);
	});
});
