// The system's Chromium, never a downloaded one. Each worker has a daemon of its own (see house.ts).
// With SHOTS=DIR, pictures are taken instead of tests run (see pictures.ts).
import { defineConfig } from '@playwright/test';

export default defineConfig({
	testDir: '.',
	testMatch: process.env['SHOTS'] ? 'pictures.ts' : '*.spec.ts',
	outputDir: 'results',
	timeout: 120_000,
	expect: { timeout: 20_000 },
	workers: 2,
	fullyParallel: false,
	use: {
		timezoneId: 'UTC',
		locale: 'en-GB',
		trace: process.env['TRACE'] ? 'retain-on-failure' : 'off', // it costs an eighth of the time
		launchOptions: {
			executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
			args: [
				'--headless',
				'--no-sandbox',
				'--disable-gpu',
				'--disable-software-rasterizer',
				'--disable-quic',
				'--no-first-run',
				'--disable-background-networking',
				'--disable-component-update',
				'--disable-sync',
			],
		},
	},
});
