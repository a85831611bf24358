// Jump to a DAG, a run or a place, or do what this page can do: what is typed is looked for by the
// daemon, but for what is known here.
import { get } from './api';
import { all, find } from './dom';
import { openDialog } from './dialogs';
import { Markup, html, icon, put } from './html';
import { toggleTheme } from './theme';
import { toggleZone } from './time';

interface Hit {
	icon: string;
	text: string;
	href: string;
	kind: string;
}

const PLACES: Hit[] = [
	{ icon: 'home', text: 'Overview', href: '/', kind: 'place' },
	{ icon: 'dags', text: 'DAGs', href: '/dags', kind: 'place' },
	{ icon: 'runs', text: 'Runs', href: '/runs', kind: 'place' },
];

interface Action {
	text: string;
	run(): void;
}

// What stands as a button on the page can be done from here.
const actions = (): Action[] => [
	...all('.head .acts [data-dialog]').map((button) => ({ text: (button.textContent ?? '').replace('…', '').trim(), run: () => button.click() })),
	{ text: 'Light or dark', run: toggleTheme },
	{ text: 'UTC or local time', run: toggleZone },
	...all('[data-sign-out] button').map((button) => ({ text: 'Sign out', run: () => button.click() })),
];

const TYPING_MS = 120;
const HITS_MAX = 12;

async function look(text: string): Promise<Hit[]> {
	const low = text.toLowerCase();
	const places = PLACES.filter((place) => place.text.toLowerCase().includes(low));
	const query = text ? `q=${encodeURIComponent(text)}&` : '';
	const dags = await get<{ items: { id: string }[] }>(`/api/v1/dags?${query}limit=${HITS_MAX}`).catch(() => ({ items: [] }));
	const runs = /^[0-9a-f]{4,16}$/.test(text)
		? await get<{ id: string; dag: string }>(`/api/v1/runs/${text}`).then((run) => [run]).catch(() => [])
		: [];
	return [
		...runs.map((run) => ({ icon: 'runs', text: `${run.dag} / ${run.id}`, href: `/runs/${run.id}`, kind: 'run' })),
		...dags.items
			.filter((dag) => dag.id.toLowerCase().includes(low))
			.map((dag) => ({ icon: 'dags', text: dag.id, href: `/dags/${encodeURIComponent(dag.id)}`, kind: 'DAG' })),
		...places,
		...actions()
			.filter((action) => action.text.toLowerCase().includes(low))
			.map((action) => ({ icon: 'right', text: action.text, href: '#main', kind: 'action' })),
	].slice(0, HITS_MAX);
}

const row = (hit: Hit): Markup =>
	html`<li><a href="${hit.href}" data-kind="${hit.kind}" data-text="${hit.text}">${icon(hit.icon)}<span class="clip">${hit.text}</span><small>${hit.kind}</small></a></li>`;

export function openPalette(): void {
	const box = openDialog(
		'palette',
		'Search or jump',
		html`<input class="field" type="search" placeholder="Search or jump…" aria-label="Search or jump" autocomplete="off" spellcheck="false"><ul></ul>`,
	);
	const input = find<HTMLInputElement>('input', box)!;
	const list = find('ul', box)!;
	list.onclick = (e) => {
		const text = (e.target as Element).closest<HTMLElement>('[data-kind="action"]')?.dataset['text'];
		const action = actions().find((one) => one.text === text);
		if (!action) return;
		e.preventDefault();
		box.close();
		action.run();
	};
	let turn = 0;
	const show = async () => {
		const mine = ++turn;
		const hits = await look(input.value.trim());
		if (mine === turn) put(list, hits.length > 0 ? html`${hits.map(row)}` : html`<li class="pad dim">Nothing is called that.</li>`);
	};
	let timer = 0;
	input.oninput = () => {
		clearTimeout(timer);
		timer = setTimeout(() => void show(), TYPING_MS);
	};
	box.onkeydown = (e) => {
		const links = Array.from(list.querySelectorAll('a'));
		const at = links.findIndex((link) => link === document.activeElement);
		if (e.key === 'Enter' && document.activeElement === input) links[0]?.click();
		else if (e.key === 'ArrowDown') (links[at + 1] ?? links[0])?.focus();
		else if (e.key === 'ArrowUp') (at > 0 ? links[at - 1]! : input).focus();
		else return;
		e.preventDefault();
	};
	void show();
}

