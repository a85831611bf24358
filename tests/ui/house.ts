// A home with a real daemon in it, as tests/daemon_home.py has for pytest: DAG files are dropped into
// its folder, and it is asked over its Unix socket, so that a test need not be signed in to prepare.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const ROOT = resolve(import.meta.dirname, '../..');
const PROGRAM = join(process.env['HEDDLE_BUILD'] ?? join(ROOT, 'build'), 'release/bin/heddle');

export interface Run {
	id: string;
	state: string;
	ended_at: string | null;
	tasks: Record<string, string>;
}

export async function until<T>(what: string, look: () => Promise<T | false | null | undefined>, seconds = 30): Promise<T> {
	const end = Date.now() + seconds * 1000;
	for (;;) {
		const found = await look();
		if (found) return found;
		if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s`);
		await new Promise((done) => setTimeout(done, 20));
	}
}

export class House {
	readonly folder = mkdtempSync(join(tmpdir(), 'heddle-ui-'));
	readonly dags = join(this.folder, 'dags');
	private readonly home = join(this.folder, 'home');
	private readonly log = join(this.folder, 'daemon.log');
	private process: ChildProcess | null = null;
	private port = 0;

	constructor() {
		mkdirSync(this.dags);
	}

	get origin(): string {
		return `http://127.0.0.1:${this.port}`;
	}

	// A daemon that is started again keeps its port, as one under systemd does.
	async start(env: Record<string, string> = {}, answers = '/readyz'): Promise<void> {
		const out = openSync(this.log, 'a');
		this.process = spawn(
			PROGRAM,
			['daemon', '--home', this.home, '--dags', this.dags, '--listen', `127.0.0.1:${this.port}`],
			{ stdio: ['ignore', out, out], cwd: '/', env: { ...process.env, ...env } },
		);
		await until('the daemon is ready', async () => {
			if (this.process?.exitCode !== null) throw new Error(`the daemon ended: ${this.said()}`);
			return (await this.ask('GET', answers).catch(() => null))?.status === 200;
		});
		this.port = Number(/.*http:\/\/127\.0\.0\.1:(\d+)\//s.exec(this.said())?.[1]);
	}

	async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
		const { process } = this;
		if (!process || process.exitCode !== null) return;
		const gone = new Promise((done) => process.once('exit', done));
		process.kill(signal);
		await gone;
		this.process = null;
	}

	// Tasks outlive their daemon: what still runs is ended first, so that a test leaves nothing behind.
	private async endRuns(): Promise<void> {
		if (this.process?.exitCode !== null) await this.start();
		const { body } = await this.ask('GET', '/api/v1/runs?state=running&limit=1000');
		for (const run of body.items) await this.ask('POST', `/api/v1/runs/${run.id}:cancel?wait=20s`, {});
	}

	async destroy(): Promise<void> {
		await this.endRuns();
		await this.stop();
		rmSync(this.folder, { recursive: true, force: true });
	}

	// Milliseconds of processor that the daemon has taken: unlike the clock, they do not grow with
	// what else the machine does. See proc(5), /proc/pid/stat, fields 14 and 15.
	work(): number {
		const fields = readFileSync(`/proc/${this.process!.pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
		return (Number(fields[11]) + Number(fields[12])) * 10;
	}

	said(): string {
		return readFileSync(this.log, 'utf8');
	}

	private async heddle(...words: string[]): Promise<string> {
		return (await promisify(execFile)(PROGRAM, [...words, '--home', this.home])).stdout;
	}

	// A backup of now, into which put() leads back. A home that was put back is held until somebody
	// says so: it is not ready.
	async backup(): Promise<() => Promise<void>> {
		const folder = mkdtempSync(join(this.folder, 'backup-'));
		await this.heddle('backup', '--to', folder);
		const file = join(folder, readdirSync(folder).find((name) => name.endsWith('.db'))!);
		return async () => {
			await this.stop();
			await this.heddle('restore', file, '--force');
			await this.start({}, '/healthz');
		};
	}

	async resume(): Promise<void> {
		await until('the home goes on', () => this.heddle('resume', '--all', '--reason', 'looked at it').then(() => true, () => false));
	}

	// A one-time link, as a user gets it: each browser that signs in needs one of its own.
	async link(): Promise<string> {
		const stdout = await this.heddle('page');
		const link = /http:\/\/\S+\/sign-in\/[0-9a-f]{64}/.exec(stdout);
		if (!link) throw new Error(`'heddle page' has printed no link: ${stdout}`);
		return link[0];
	}

	ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: any }> {
		return new Promise((done, fail) => {
			const asked = request(
				{
					socketPath: join(this.home, 'heddle.sock'),
					method,
					path,
					headers: { Host: 'localhost', ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
				},
				(answer) => {
					let text = '';
					answer.setEncoding('utf8');
					answer.on('data', (piece: string) => (text += piece));
					answer.on('end', () => {
						const isJson = (answer.headers['content-type'] ?? '').includes('json');
						done({ status: answer.statusCode ?? 0, body: isJson ? JSON.parse(text) : text });
					});
				},
			);
			asked.on('error', fail);
			asked.end(body === undefined ? undefined : JSON.stringify(body));
		});
	}

	async api<T>(method: string, path: string, body?: unknown): Promise<T> {
		const answer = await this.ask(method, `/api/v1${path}`, body);
		if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
		return answer.body as T;
	}

	// Written aside and renamed, as editors and git do, so that it is never read half.
	drop(name: string, text: string): void {
		const path = join(this.dags, name);
		mkdirSync(dirname(path), { recursive: true });
		writeFileSync(`${path}.tmp`, text);
		renameSync(`${path}.tmp`, path);
	}

	remove(name: string): void {
		rmSync(join(this.dags, name), { force: true });
	}

	// In force is what was dropped, not what stood there before.
	async dag(id: string, text: string): Promise<void> {
		this.drop(`${id}.yaml`, text);
		await until(`dag ${id} is in force`, async () => {
			const errors = await this.api<{ items: { file: string; message: string }[] }>('GET', '/errors');
			const mine = errors.items.find((error) => error.file === `${id}.yaml`);
			if (mine) throw new Error(`${mine.file} does not check: ${mine.message}`);
			return (await this.ask('GET', `/api/v1/dags/${id}/source`)).body === text;
		});
	}

	async broken(name: string, text: string): Promise<void> {
		this.drop(name, text);
		await until(`${name} is known not to check`, async () => {
			const errors = await this.api<{ items: { file: string }[] }>('GET', '/errors');
			return errors.items.some((error) => error.file.endsWith(name));
		});
	}

	async trigger(dag: string, body: unknown = {}): Promise<string> {
		return (await this.api<Run>('POST', `/dags/${dag}/runs`, body)).id;
	}

	run(id: string): Promise<Run> {
		return this.api<Run>('GET', `/runs/${id}`);
	}

	ended(id: string, seconds = 60): Promise<Run> {
		return until(
			`run ${id} has ended`,
			async () => {
				const run = await this.api<Run>('GET', `/runs/${id}:wait?wait=2s`);
				return run.ended_at !== null && run;
			},
			seconds,
		);
	}

	task(id: string, task: string, state: string): Promise<Run> {
		return until(`task ${task} is ${state}`, async () => {
			const run = await this.run(id);
			return run.tasks[task] === state && run;
		});
	}
}
