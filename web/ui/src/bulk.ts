// Several rows at once: j and k move, x selects, and a bar offers what can be done with all of them.
import { Problem, change } from './api';
import { openDialog, dialogHead } from './dialogs';
import { all, find, many, say } from './dom';
import { html, put } from './html';
import { onRefresh, refreshSoon } from './live';

interface Action {
	label: string;
	about: string;
	verb: string;
	one(id: string, why: Why): Promise<unknown>;
	back?: Action; // takes it back
}

type Why = { reason?: string };

const dagPath = (id: string): string => `/api/v1/dags/${encodeURIComponent(id)}`;

const pause: Action = {
	label: 'Pause',
	about: 'runs that are made wait; what runs goes on to its end',
	verb: 'paused',
	one: (id, why) => change(dagPath(id), { paused: true, ...why }, 'PATCH'),
};
const resume: Action = {
	label: 'Resume',
	about: 'their runs that wait begin',
	verb: 'resumed',
	one: (id, why) => change(dagPath(id), { paused: false, ...why }, 'PATCH'),
};

const ACTIONS: Record<string, Action[]> = {
	dag: [
		{ label: 'Trigger', about: 'a run of each, with the params as its file says', verb: 'triggered', one: (id, why) => change(`${dagPath(id)}/runs`, why) },
		{ ...pause, back: resume },
		{ ...resume, back: pause },
	],
	run: [
		{
			label: 'Rerun what failed',
			about: 'what succeeded keeps its result',
			verb: 'on the way again',
			one: (id, why) => change(`/api/v1/runs/${id}:rerun`, { mode: 'failed', ...why }),
		},
		{
			label: 'Cancel',
			about: 'what runs is asked to stop, what has not begun does not begin',
			verb: 'being cancelled',
			one: (id, why) => change(`/api/v1/runs/${id}:cancel`, why),
		},
	],
};

const picks = (): HTMLInputElement[] => all<HTMLInputElement>('input[data-pick]');
const picked = (): HTMLInputElement[] => picks().filter((box) => box.checked);

const nameOf = (box: HTMLInputElement): string => box.dataset['name'] ?? box.value;

// Each is asked for by itself: one that is refused does not hold up the others.
async function doAll(action: Action, ids: readonly string[], why: Why): Promise<string[]> {
	const done: string[] = [];
	let trouble = '';
	for (const id of ids) {
		try {
			await action.one(id, why);
			done.push(id);
		} catch (problem) {
			trouble = problem instanceof Problem ? `${id}: ${problem.message}` : String(problem);
		}
	}
	const { back } = action;
	const undo = back && done.length > 0 ? () => void doAll(back, done, { reason: 'undone' }) : undefined;
	say(trouble ? `${done.length} ${action.verb}; ${trouble}` : `${done.length} ${action.verb}`, undo);
	refreshSoon();
	return done;
}

// First the list, then why: as with a single one.
function askAll(action: Action): void {
	const boxes = picked();
	const box = openDialog(
		'ask',
		action.label,
		html`<form method="dialog">${dialogHead(`${action.label}: ${many(boxes.length, boxes[0]?.name === 'run' ? 'run' : 'DAG')}`, action.about)}<div class="in"><ul class="mini panel" tabindex="0" aria-label="What would change">${boxes.map((one) => html`<li><span class="t clip">${nameOf(one)}</span></li>`)}</ul><label class="block">Why (may be left out)<span class="field"><input name="why" maxlength="500" autocomplete="off" autofocus></span></label></div><footer><span class="sp"></span><button type="button" class="btn" data-close>Leave it</button><button class="btn primary" data-go>${action.label}</button></footer></form>`,
	);
	find<HTMLFormElement>('form', box)!.onsubmit = () => {
		const reason = find<HTMLInputElement>('[name="why"]', box)!.value.trim();
		void doAll(action, boxes.map((one) => one.value), reason ? { reason } : {}).then((done) => {
			for (const one of boxes) if (done.includes(one.value)) one.checked = false;
			show();
		});
	};
}

function show(): void {
	const some = picked();
	const actions = ACTIONS[some[0]?.name ?? ''] ?? [];
	let bar = find('.bulk');
	for (const box of picks()) box.closest('tr')?.setAttribute('aria-selected', String(box.checked));
	if (some.length === 0) {
		bar?.remove();
		return;
	}
	if (!bar) {
		bar = document.createElement('div');
		bar.className = 'bulk';
		bar.setAttribute('role', 'toolbar');
		bar.setAttribute('aria-label', 'What is selected');
		document.body.append(bar);
	}
	put(
		bar,
		html`<b class="strong nowrap">${many(some.length, 'row')} selected</b>${actions.map((action, i) => html`<button type="button" class="btn small" data-bulk="${i}">${action.label}</button>`)}<button type="button" class="btn quiet small" data-bulk="none">Clear</button>`,
	);
	bar.onclick = (e) => {
		const which = (e.target as Element).closest<HTMLElement>('[data-bulk]')?.dataset['bulk'];
		const action = actions[Number(which)];
		if (action) askAll(action);
		else if (which === 'none') clearPicks();
	};
}

export function clearPicks(): void {
	for (const box of picks()) box.checked = false;
	show();
}

// Rows are what holds a box to pick, or else the rows of the first list of the page.
function rows(): HTMLElement[] {
	const held = picks().flatMap((box) => box.closest<HTMLElement>('tr, li') ?? []);
	return held.length > 0 ? held : all('main .gantt a.g, main tbody tr, main ul.todo li');
}

const linkOf = (row: HTMLElement): HTMLElement | null => (row.matches('a') ? row : find('a[href]', row));

export function moveRow(way: number): void {
	const list = rows();
	const at = list.findIndex((row) => row.contains(document.activeElement));
	const marked = at >= 0 ? at : list.findIndex((row) => row.classList.contains('at'));
	const next = list[Math.max(0, Math.min(list.length - 1, marked < 0 ? 0 : marked + way))];
	if (!next) return;
	for (const row of all('.at')) row.classList.remove('at');
	next.classList.add('at');
	linkOf(next)?.focus();
	next.scrollIntoView({ block: 'nearest' });
}

export function pickRow(): void {
	const row = rows().find((one) => one.contains(document.activeElement)) ?? find('tr.at');
	const box = row && find<HTMLInputElement>('input[data-pick]', row);
	if (!box) return;
	box.checked = !box.checked;
	show();
}

export function startBulk(): void {
	document.addEventListener('change', (e) => {
		const box = (e.target as Element).closest<HTMLInputElement>('input[data-pick], input[data-pick-all]');
		if (!box) return;
		if ('pickAll' in box.dataset) for (const one of picks()) one.checked = box.checked;
		show();
	});
	onRefresh(() => {
		if (find('.bulk') || picked().length > 0) show();
	});
}
