// The pictures of README and docs: a small data platform, alive on a real daemon, always at the same
// hour. Run by scripts/pictures (see there).
import { join } from 'node:path';
import { expect, test as base, type Page, type Route } from '@playwright/test';
import { House, until } from './house.ts';
import { signIn } from './look.ts';

const HOUR = Date.UTC(2026, 10, 20, 9, 42, 18);
const FOLDER = process.env['SHOTS'] ?? 'results';

const POSITIONS = `
id: finance.daily_positions
description: Positions and exposure per desk
owner: desk-data
domain: finance
tags: [daily]
max_active_runs: 4
params:
  broken: {type: boolean, default: false}
  slow: {type: boolean, default: false}
tasks:
  extract_trades: {group: extract, command: 'sleep 0.3'}
  extract_fx: {group: extract, command: 'sleep 0.3'}
  extract_accounts: {group: extract, command: 'sleep 0.3'}
  stage_trades: {group: shape, depends_on: [extract_trades], retries: 2, retry_delay: 1s, command: 'sleep 0.4; test "$HEDDLE_ATTEMPT" != 1 || test "$SLOW" != true', env: {SLOW: '{{ params.slow }}'}}
  enrich_fx:
    group: shape
    depends_on: [extract_fx, stage_trades]
    env: {SLOW: '{{ params.slow }}'}
    command: |
      printf '\\033[1mspark-submit\\033[0m --master local[8] jobs/enrich_fx.py\\n'
      i=0
      while test $i -lt 240; do
        i=$((i + 1))
        case $((i % 40)) in
        7) printf '\\033[33mWARN\\033[0m  TaskSetManager: Lost task %d.0 in stage 4.0 (TID %d): FetchFailed(shuffle 2), will be tried again\\n' $((i % 13)) $((900 + i)) ;;
        25) printf '\\033[1;31mERROR\\033[0m FxRates: no rate for XAU/CHF, using that of the day before\\n' ;;
        *) printf '\\033[32mINFO\\033[0m  Executor: finished task %d.0 in stage %d.0 (TID %d), %d bytes to driver\\n' $((i % 200)) $((2 + i % 5)) $((800 + i)) $((1400 + i * 37 % 900)) ;;
        esac
        test "$SLOW" != true || test $i -lt 200 || sleep 5
      done
  dq_positions: {group: check, depends_on: [enrich_fx, extract_accounts], command: 'sleep 0.3'}
  build_positions: {group: build, depends_on: [dq_positions], command: 'sleep 0.3'}
  build_exposure:
    group: build
    depends_on: [dq_positions]
    env: {BROKEN: '{{ params.broken }}'}
    command: |
      echo 'stage 6: 200 of 200 tasks'
      test "$BROKEN" != true || { echo "AnalysisException: [UNRESOLVED_COLUMN] 'desk_id'; did you mean 'desk'?" >&2; exit 1; }
  publish_positions: {group: publish, depends_on: [build_positions], command: 'sleep 0.3'}
  publish_exposure: {group: publish, depends_on: [build_exposure], command: 'sleep 0.3'}
  notify_desk: {group: publish, depends_on: [publish_positions, publish_exposure], command: 'sleep 0.3'}
`;

interface Row {
	id: string;
	description: string;
	owner: string;
	seconds: number;
	runs: number;
	fails?: string; // what the last run says as it fails
}

const ROWS: Row[] = [
	{ id: 'crm.contacts_sync', description: 'Contacts from the CRM, by the hour', owner: 'crm', seconds: 0.3, runs: 9 },
	{ id: 'market.eod_prices', description: 'End-of-day prices from five venues', owner: 'market-data', seconds: 0.8, runs: 12 },
	{ id: 'market.reference_data', description: 'Instruments, calendars, venues', owner: 'market-data', seconds: 0.4, runs: 7 },
	{ id: 'ops.cost_report', description: 'Cost by domain and run', owner: 'platform', seconds: 0.2, runs: 5 },
	{ id: 'risk.var_nightly', description: 'Value at risk, 10,000 scenarios', owner: 'risk-eng', seconds: 1, runs: 10, fails: 'executor lost' },
	{ id: 'sales.orders_hourly', description: 'Orders to the sales product', owner: 'sales-data', seconds: 0.3, runs: 14 },
];

const yamlOf = (row: Row): string => `
id: ${row.id}
description: ${row.description}
owner: ${row.owner}
domain: ${row.id.split('.')[0]}
max_active_runs: 2
params: {fail: {type: boolean, default: false}}
tasks:
  fetch: {command: 'sleep ${row.seconds}'}
  aggregate: {depends_on: [fetch], env: {FAIL: '{{ params.fail }}'}, command: 'test "$FAIL" != true || { echo "${row.fails ?? ''}" >&2; exit 1; }'}
  publish: {depends_on: [aggregate], command: 'true'}
`;

async function fill(house: House): Promise<{ failed: string; running: string }> {
	await house.dag('finance.daily_positions', POSITIONS);
	for (const row of ROWS) await house.dag(row.id, yamlOf(row));
	house.drop('risk/limits.yaml', 'id: risk.limits\ntasks:\n  exposure: {command: ./exposure.sh}\n  limits: {comand: ./limits.sh, depends_on: [exposure]}\n');
	const runs: string[] = [];
	for (const row of ROWS)
		for (let i = 0; i < row.runs; i++)
			runs.push(await house.trigger(row.id, { params: { fail: row.fails !== undefined && i >= row.runs - 1 } }));
	let failed = '';
	for (let i = 0; i < 24; i++) {
		const broken = i === 11 || i === 23;
		const run = await house.trigger('finance.daily_positions', { params: { broken } });
		runs.push(run);
		if (broken) failed = run;
	}
	for (const run of runs) await house.ended(run, 300);
	const running = await house.trigger('finance.daily_positions', { params: { slow: true } });
	await house.task(running, 'enrich_fx', 'running');
	await until('some lines of the log', async () => {
		const log = await house.ask('GET', `/api/v1/runs/${running}/tasks/enrich_fx/attempts/1/log?tail=1`);
		return log.body.items?.[0]?.line > 200;
	});
	return { failed, running };
}

// Every instant that the browser is told moves by as much as now is after the hour of the pictures.
const INSTANT = /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?)(Z|\+00:00)/g;
const SAID = /\b(\d\d:\d\d:\d\d) UTC/g;

async function atTheHour(page: Page, moved: number): Promise<void> {
	const move = (text: string) =>
		text
			.replace(INSTANT, (_, at: string, zone: string) => `${new Date(Date.parse(`${at}Z`) - moved).toISOString().slice(0, -1)}${zone}`)
			.replace(SAID, (_, at: string) => `${new Date(Date.parse(`2026-11-21T${at}Z`) - moved).toISOString().slice(11, 19)} UTC`)
			.replace(/data-(from|to|a|b)="(\d{13})"/g, (_, name: string, ms: string) => `data-${name}="${Number(ms) - moved}"`);
	await page.clock.install({ time: HOUR });
	await page.route(/^(?!.*(\/assets\/|\/stream|follow)).*$/, async (route: Route) => {
		const answer = await route.fetch();
		await route.fulfill({ response: answer, body: move(await answer.text()) });
	});
}

const test = base.extend<object, { house: House; made: { failed: string; running: string } }>({
	house: [
		async ({}, use) => {
			const house = new House();
			await house.start();
			await use(house);
			await house.destroy();
		},
		{ scope: 'worker', timeout: 300_000 },
	],
	made: [async ({ house }, use) => use(await fill(house)), { scope: 'worker', timeout: 300_000 }],
});

const PICTURES: [string, (made: { failed: string; running: string }) => string][] = [
	['overview', () => '/'],
	['dags', () => '/dags'],
	['dag', ({ failed }) => `/dags/finance.daily_positions?at=${failed}.build_exposure`],
	['graph', () => '/dags/finance.daily_positions?view=graph'],
	['run', ({ running }) => `/runs/${running}?task=enrich_fx`],
	['failed', ({ failed }) => `/runs/${failed}?task=build_exposure`],
];

const BY_NIGHT = ['dag'];

for (const theme of ['light', 'dark'] as const)
	test.describe(theme, () => {
		test.use({ viewport: { width: 1440, height: 900 }, colorScheme: theme, reducedMotion: 'reduce' });
		for (const [name, address] of PICTURES.filter(([one]) => theme === 'light' || BY_NIGHT.includes(one)))
			test(name, async ({ page, house, made }) => {
				await signIn(page, house);
				const moved = Date.now() - HOUR;
				await atTheHour(page, moved);
				await page.goto(house.origin + address(made));
				await expect(page.locator('.live')).toHaveAttribute('data-live', 'live');
				await page.clock.runFor(2_000);
				await page.waitForTimeout(500);
				await page.screenshot({ path: join(FOLDER, theme === 'light' ? `${name}.png` : `${name}-dark.png`) });
				await page.unrouteAll({ behavior: 'ignoreErrors' });
			});
	});
