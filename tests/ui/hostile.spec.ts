// Texts of users and of tasks are text on every page, whatever they hold. A name that became markup
// would run a script or, stopped by the policy, be said on the console; both fail the test.
import { expect, expectSound, live, test } from './look.ts';

const EVIL = `"><img src=x onerror=alert(1)><script>document.title='gone'</script>\${x}'`;
const YAML = JSON.stringify(EVIL);

const HOSTILE = `
id: hostile
description: ${YAML}
owner: ${YAML}
tags: [${JSON.stringify('<b>tag</b>')}]
params:
  who: {type: string, default: ${JSON.stringify('<i>who</i>')}}
tasks:
  shout:
    description: ${YAML}
    command: |
      cat <<'END'
      <script>alert(1)</script>"><img src=x onerror=alert(1)>
      END
      printf '\\033]0;title\\007\\033[31mred <b>bold</b>\\n'
      printf 'nul \\000 bell \\007 bad \\377 utf \\342\\202\\254\\n'
      exit 1
`;

test('hostile names, descriptions, logs and notes stay text', async ({ page, house }) => {
	test.slow();
	await house.dag('hostile', HOSTILE);
	await house.broken('<b>"evil".yaml', 'id: [');
	const run = await house.trigger('hostile');
	await house.ended(run);
	await house.api('POST', `/runs/${run}:note`, { text: EVIL });
	await house.api('POST', `/runs/${run}/tasks/shout:mark`, { state: 'skipped', reason: EVIL });
	for (const address of ['/', '/dags', '/dags/hostile', '/dags/hostile?view=graph', '/dags/hostile?view=code', '/dags/hostile?view=history', '/runs', `/runs/${run}`]) {
		await page.goto(address);
		await live(page);
		await expect(page.locator('main img, main script, main b:has-text("tag"), main i:has-text("who")')).toHaveCount(0);
		expect(await page.title()).not.toContain('gone');
	}
	await expect(page.locator('[data-lines]')).toContainText('<script>alert(1)</script>"><img');
	await expect(page.locator('[data-lines]')).toContainText('red <b>bold</b>');
	await expect(page.locator('main')).toContainText(EVIL);
	await expectSound(page);
	house.remove('<b>"evil".yaml');
});

test('a search text goes through the address and back as text', async ({ page, house }) => {
	await house.dag('hostile', HOSTILE);
	await page.goto(`/dags?q=${encodeURIComponent(EVIL)}`);
	await expect(page.locator('[data-filter]')).toHaveValue(EVIL);
	await expect(page.locator('main img')).toHaveCount(0);
});

test('the policy of every page forbids what the page does not need', async ({ page, house }) => {
	await house.dag('hostile', HOSTILE);
	for (const address of ['/', '/dags', '/dags/hostile', '/nowhere']) {
		const answer = await page.request.get(address, { headers: { Accept: 'text/html' } });
		const policy = answer.headers()['content-security-policy'] ?? '';
		for (const rule of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'", "require-trusted-types-for 'script'", 'trusted-types heddle'])
			expect(policy, address).toContain(rule);
		expect(policy).not.toContain('unsafe');
		expect(answer.headers()['x-content-type-options']).toBe('nosniff');
		expect(answer.headers()['referrer-policy']).toBe('no-referrer');
	}
});
