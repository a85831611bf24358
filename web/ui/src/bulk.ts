// Several rows at once: j and k move, x selects, and a bar offers what can be done with all of them.
import { Problem, change } from './api';
import { all, find, many, say } from './dom';
import { html, put } from './html';
import { onRefresh, refreshSoon } from './live';

interface Action {
	label: string;
	verb: string;
	one(id: string): Promise<unknown>;
}

const dagPath = (id: string): string => `/api/v1/dags/${encodeURIComponent(id)}`;

const ACTIONS: Record<string, Action[]> = {
	dag: [
		{ label: 'Trigger', verb: 'triggered', one: (id) => change(`${dagPath(id)}/runs`, {}) },
		{ label: 'Pause', verb: 'paused', one: (id) => change(dagPath(id), { paused: true }, 'PATCH') },
		{ label: 'Resume', verb: 'resumed', one: (id) => change(dagPath(id), { paused: false }, 'PATCH') },
	],
	run: [
		{ label: 'Rerun what failed', verb: 'on the way again', one: (id) => change(`/api/v1/runs/${id}:rerun`, { mode: 'failed' }) },
		{ label: 'Cancel', verb: 'being cancelled', one: (id) => change(`/api/v1/runs/${id}:cancel`, {}) },
	],
};

const picks = (): HTMLInputElement[] => all<HTMLInputElement>('input[data-pick]');
const picked = (): HTMLInputElement[] => picks().filter((box) => box.checked);

async function doAll(action: Action): Promise<void> {
	let done = 0;
	let trouble = '';
	for (const box of picked()) {
		try {
			await action.one(box.value);
			done++;
			box.checked = false;
		} catch (problem) {
			trouble = problem instanceof Problem ? `${box.value}: ${problem.message}` : String(problem);
		}
	}
	say(trouble ? `${done} ${action.verb}; ${trouble}` : `${done} ${action.verb}`);
	show();
	refreshSoon();
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
		if (action) void doAll(action);
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
