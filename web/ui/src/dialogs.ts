// What changes something asks first: the exact list, as a dry run of the same call gives it, then why.
// Confirming does exactly that (the token says so) or says what has changed meanwhile. The openers are
// links to pages that do the same without script.
import { Problem, change, getText } from './api';
import { find, many, say } from './dom';
import { Markup, html, icon, parsePage, put, shape, words } from './html';
import { refreshSoon } from './live';

interface Change {
	kind: string;
	task?: string | null;
	from?: string | null;
	to?: string | null;
	what?: string | null; // in words: "runs again"
}
interface DryRun {
	token: string;
	changes: Change[];
	total: number;
	message?: string | null;
}

interface Choice {
	label: string;
	body: Record<string, unknown>;
}

// A change of which no list is shown first.
interface Step {
	path: string;
	method?: string;
	body: Record<string, unknown>;
	done: string;
}

// One kind of change: how it is asked, and what is sent.
interface Ask {
	title: string;
	about: string;
	path: string;
	method?: string;
	choices: Choice[]; // one is picked; a single one is not shown
	also?: Choice[]; // likewise, beside it
	hint?: string;
	why: 'reason' | 'text' | null; // which key of the body takes what was written
	needsWhy?: boolean;
	go(total: number): string;
	done(answer: Record<string, unknown>): string;
	undo?(dry: DryRun | null): Step | null; // the change that takes this one back
	danger?: boolean;
	listed: boolean; // whether there is a list to be shown first
}

type Opener = { run: string; task: string; dag: string; state: string };

const MARKS = ['success', 'failed', 'skipped'];

const runPath = (run: string): string => `/api/v1/runs/${run}`;

const pausing = (dag: string, paused: boolean): Step => ({
	path: `/api/v1/dags/${encodeURIComponent(dag)}`,
	method: 'PATCH',
	body: { paused, reason: 'undone' },
	done: paused ? `${dag} is paused again` : `${dag} goes on again`,
});

async function takeBack(step: Step): Promise<void> {
	try {
		await change(step.path, step.body, step.method);
		say(step.done);
	} catch (trouble) {
		say((trouble as Error).message);
	}
	refreshSoon();
}

const undoOf = (step: Step | null | undefined): (() => void) | undefined => (step ? () => void takeBack(step) : undefined);

const ASKS: Record<string, (of: Opener) => Ask> = {
	rerun: ({ run, task, state }) => ({
		title: task ? `Rerun ${task}` : 'Rerun',
		about: `run ${run}: what succeeded and is not listed keeps its result`,
		path: `${runPath(run)}:rerun`,
		choices: task
			? [
					{ label: 'with downstream', body: { mode: 'from', tasks: [task] } },
					{ label: 'this task only', body: { mode: 'only', tasks: [task] } },
					{ label: 'all that failed', body: { mode: 'failed' } },
				]
			: [
					{ label: 'what failed', body: { mode: 'failed' } },
					{ label: 'every task', body: { mode: 'all' } },
				].sort((a) => (state === 'success' && a.body.mode === 'all' ? -1 : 0)),
		also: [
			{ label: "the run's own version", body: {} },
			{ label: 'the version in force', body: { version: 'latest' } },
		],
		hint: find('[data-changed]') ? 'The DAG has changed since this run began: the version in force is what its file says now.' : '',
		why: 'reason',
		go: (total) => (total > 0 ? `Rerun ${many(total, 'task')}` : 'Rerun'),
		done: () => 'Rerun: the tasks are on their way',
		listed: true,
	}),
	cancel: ({ run }) => ({
		title: 'Cancel the run',
		about: `run ${run}: what runs is asked to stop, what has not begun does not begin`,
		path: `${runPath(run)}:cancel`,
		choices: [{ label: '', body: {} }],
		why: 'reason',
		go: () => 'Cancel the run',
		done: () => 'The run is being cancelled',
		danger: true,
		listed: true,
	}),
	mark: ({ run, task, state }) => ({
		title: `Mark ${task}`,
		about: `run ${run}: what depends on the task goes by what it is marked as`,
		path: `${runPath(run)}/tasks/${task}:mark`,
		choices: [...MARKS]
			.sort((a, b) => Number(b === state) - Number(a === state))
			.map((to) => ({ label: to, body: { state: to } })),
		why: 'reason',
		needsWhy: true,
		go: () => 'Mark it',
		done: () => `${task} is marked`,
		undo: (dry) => {
			const was = dry?.changes.find((one) => one.task === task)?.from ?? '';
			if (!MARKS.includes(was)) return null;
			return {
				path: `${runPath(run)}/tasks/${task}:mark`,
				body: { state: was, reason: 'undone' },
				done: `${task} is marked ${was} again`,
			};
		},
		listed: true,
	}),
	pause: ({ dag, state }) => ({
		title: state === 'paused' ? `Resume ${dag}` : `Pause ${dag}`,
		about: state === 'paused' ? 'its runs that wait begin' : 'runs that are made wait; what runs goes on to its end',
		path: `/api/v1/dags/${encodeURIComponent(dag)}`,
		method: 'PATCH',
		choices: [{ label: '', body: { paused: state !== 'paused' } }],
		why: 'reason',
		go: () => (state === 'paused' ? 'Resume' : 'Pause'),
		done: () => (state === 'paused' ? `${dag} goes on` : `${dag} is paused`),
		undo: () => pausing(dag, state === 'paused'),
		listed: false,
	}),
	note: ({ run, task }) => ({
		title: task ? `Note on ${task}` : 'Note on the run',
		about: `run ${run}: everyone who looks at it sees the note`,
		path: `${runPath(run)}:note`,
		choices: [{ label: '', body: task ? { task } : {} }],
		why: 'text',
		needsWhy: true,
		go: () => 'Save the note',
		done: () => 'The note is saved',
		listed: false,
	}),
};

// --- the element

export function dialogBox(): HTMLDialogElement {
	let box = find<HTMLDialogElement>('dialog');
	if (!box) {
		box = document.createElement('dialog');
		document.body.append(box);
		const made = box;
		made.addEventListener('click', (e) => {
			const close = (e.target as Element).closest('[data-close], .ask footer a');
			if (close) e.preventDefault();
			if (close || e.target === made) made.close();
		});
	}
	return box;
}

export function openDialog(name: string, label: string, content: Markup): HTMLDialogElement {
	const box = dialogBox();
	box.close();
	box.className = name;
	box.setAttribute('aria-label', label);
	put(box, content);
	box.showModal();
	return box;
}

export const dialogHead = (title: string, about: string): Markup =>
	html`<header><div class="sp"><h2>${title}</h2>${about ? html`<p class="dim">${about}</p>` : ''}</div><button type="button" class="btn quiet square" data-close aria-label="Close">${icon('x')}</button></header>`;

// --- asking

const LISTED_MAX = 200; // rows in the page; the rest is counted

function rowOf({ task, from, to, what, kind }: Change): Markup {
	const name = task ?? (kind === 'run' ? 'the run' : words(kind));
	return html`<li data-change="${kind}">${shape(from ?? to ?? 'none')}<span class="t clip">${name}</span><span class="v">${words(from ?? '')}${from ? ', ' : ''}${what ?? words(to ?? '')}</span></li>`;
}

// What is not listed is of tasks alone: the run is one row.
const taskCount = ({ changes, total }: DryRun): number => total - changes.filter((one) => one.kind !== 'task').length;

const listOf = ({ changes, total, message }: DryRun): Markup =>
	total === 0 && changes.length === 0
		? html`<p class="dim">${message ?? 'Nothing would change.'}</p>`
		: html`<ul class="mini panel" tabindex="0" aria-label="What would change">${changes.slice(0, LISTED_MAX).map(rowOf)}${
				total > LISTED_MAX ? html`<li class="dim">and ${many(total - LISTED_MAX, 'more task')}</li>` : ''
			}</ul>`;

class Asking {
	private readonly box: HTMLDialogElement;
	private choice: Choice;
	private also: Choice | undefined;
	private dry: DryRun | null = null;
	private turn = 0; // of the last dry run that was asked for

	constructor(private readonly ask: Ask) {
		this.choice = ask.choices[0]!;
		this.also = ask.also?.[0];
		this.box = openDialog('ask', ask.title, this.form());
		find<HTMLFormElement>('form', this.box)!.onsubmit = (e) => {
			e.preventDefault();
			void this.go();
		};
		for (const chip of this.box.querySelectorAll<HTMLElement>('[data-choice]'))
			chip.onclick = () => this.choose(chip.dataset['choice'] ?? '');
		void this.list();
	}

	private form(): Markup {
		const { ask } = this;
		const chips = ask.choices.length > 1 ? html`<div class="bar" role="group" aria-label="Which">${ask.choices.map(this.chip)}</div>` : '';
		const also = ask.also ? html`<div class="bar" role="group" aria-label="Which version">${ask.also.map(this.chip)}</div>` : '';
		const hint = ask.hint ? html`<p class="dim">${ask.hint}</p>` : '';
		const label = ask.why === 'text' ? 'Note' : `Why${ask.needsWhy ? '' : ' (may be left out)'}`;
		const why = ask.why ? html`<label class="block">${label}<span class="field"><input name="why" maxlength="500" autocomplete="off" autofocus ${ask.needsWhy ? new Markup('required') : ''}></span></label>` : '';
		return html`<form method="dialog">${dialogHead(ask.title, ask.about)}<div class="in">${chips}${also}${hint}<div data-list></div>${why}<p class="problem" role="alert" data-problem hidden></p></div><footer><span class="sp"></span><button type="button" class="btn" data-close>Leave it</button><button class="btn primary" data-go>${ask.go(0)}</button></footer></form>`;
	}

	private isPicked = (choice: Choice): boolean => choice === this.choice || choice === this.also;

	private chip = (choice: Choice): Markup =>
		html`<button type="button" class="chip" data-choice="${choice.label}" aria-pressed="${this.isPicked(choice) ? 'true' : 'false'}">${choice.label}</button>`;

	private choose(label: string): void {
		const { choices, also = [] } = this.ask;
		this.choice = choices.find((one) => one.label === label) ?? this.choice;
		this.also = also.find((one) => one.label === label) ?? this.also;
		for (const chip of this.box.querySelectorAll<HTMLElement>('[data-choice]')) {
			const mine = [...choices, ...also].find((one) => one.label === chip.dataset['choice']);
			chip.setAttribute('aria-pressed', String(mine !== undefined && this.isPicked(mine)));
		}
		void this.list();
	}

	private get chosen(): Record<string, unknown> {
		return { ...this.choice.body, ...this.also?.body };
	}

	private show(problem: string): void {
		const line = find('[data-problem]', this.box);
		if (!line) return;
		line.textContent = problem;
		line.hidden = problem === '';
	}

	private body(): Record<string, unknown> {
		const why = find<HTMLInputElement>('[name="why"]', this.box)?.value.trim();
		return { ...this.chosen, ...(this.ask.why && why ? { [this.ask.why]: why } : {}) };
	}

	private async list(): Promise<void> {
		const { ask } = this;
		const turn = ++this.turn;
		const button = find<HTMLButtonElement>('[data-go]', this.box);
		this.dry = null;
		if (!ask.listed || !button) return;
		button.disabled = true;
		try {
			const dry = await change<DryRun>(`${ask.path}?dry_run=1`, this.chosen, ask.method);
			if (turn !== this.turn) return;
			this.dry = dry;
			put(find('[data-list]', this.box)!, listOf(dry));
			button.textContent = ask.go(taskCount(dry));
			button.disabled = dry.total === 0;
			this.show('');
		} catch (trouble) {
			if (turn === this.turn) this.show((trouble as Error).message);
		}
	}

	private async go(): Promise<void> {
		const { ask } = this;
		const button = find<HTMLButtonElement>('[data-go]', this.box)!;
		const token = this.dry ? `?token=${encodeURIComponent(this.dry.token)}` : '';
		button.disabled = true;
		try {
			const answer = await change<Record<string, unknown>>(ask.path + token, this.body(), ask.method);
			this.box.close();
			say(ask.done(answer), undoOf(ask.undo?.(this.dry)));
			refreshSoon();
		} catch (trouble) {
			this.show((trouble as Error).message);
			button.disabled = false;
			if (trouble instanceof Problem && trouble.status === 409) void this.relist();
		}
	}

	// What was listed has changed: the new list, with the sentence that says so still there.
	private async relist(): Promise<void> {
		const said = find('[data-problem]', this.box)?.textContent ?? '';
		await this.list();
		this.show(said);
	}
}

function askFor(opener: HTMLElement): boolean {
	const make = ASKS[opener.dataset['dialog'] ?? ''];
	const page = document.body.dataset;
	const of = (key: string) => opener.dataset[key] ?? page[key] ?? '';
	if (!make) return false;
	const task = opener.dataset['task'] ?? '';
	new Asking(make({ run: of('run'), task, dag: of('dag'), state: opener.dataset['state'] ?? '' }));
	return true;
}

// A switch is its own undo, so it does not ask.
async function flip(button: HTMLElement): Promise<void> {
	const dag = button.dataset['pause'] ?? '';
	const paused = button.getAttribute('aria-checked') === 'true';
	button.setAttribute('aria-checked', String(!paused));
	try {
		await change(`/api/v1/dags/${encodeURIComponent(dag)}`, { paused }, 'PATCH');
		say(paused ? `${dag} is paused: new runs wait` : `${dag} goes on`, undoOf(pausing(dag, !paused)));
	} catch (trouble) {
		button.setAttribute('aria-checked', String(paused));
		say((trouble as Error).message);
	}
	refreshSoon();
}

// To start a run one may have to say its params: the daemon's own form knows them.
async function openForm(link: HTMLAnchorElement): Promise<void> {
	try {
		const page = parsePage(await getText(link.href, 'text/html'));
		const form = find('form.ask', page);
		if (!form) throw new Error('no form');
		openDialog('posts', page.title, html``).append(document.importNode(form, true));
		find<HTMLElement>('dialog input:not([type="hidden"]), dialog .btn.primary')?.focus();
	} catch {
		location.assign(link.href);
	}
}

export function startDialogs(): void {
	document.addEventListener('click', (e) => {
		const button = (e.target as Element).closest<HTMLElement>('[data-pause]');
		if (button) {
			e.preventDefault();
			void flip(button);
			return;
		}
		const opener = (e.target as Element).closest<HTMLElement>('[data-dialog]');
		if (!opener || e.metaKey || e.ctrlKey || e.shiftKey) return;
		if (opener.dataset['dialog'] === 'trigger' && opener instanceof HTMLAnchorElement) {
			e.preventDefault();
			void openForm(opener);
		} else if (askFor(opener)) {
			e.preventDefault();
		}
	});
}
