// The keyboard map. Single letters do nothing while one types and can be switched off altogether
// (WCAG 2.1.4): who speaks to the computer would otherwise set off one with every word.
import { clearPicks, moveRow, pickRow } from './bulk';
import { dialogHead, openDialog } from './dialogs';
import { find, keep, kept } from './dom';
import { zoomGraph } from './graph';
import { html } from './html';
import { openPalette } from './palette';
import { toggleTheme } from './theme';
import { toggleZone } from './time';

interface Key {
	keys: string;
	does: string;
	run?(): void;
	always?: boolean; // also when single letters are off
}

const click = (css: string) => () => find(css)?.click();
const go = (place: string) => () => find(`.rail nav a[data-place="${place}"]`)?.click();

const KEYS: Record<string, Key> = {
	'/': { keys: '/', does: 'filter this page, find in the log', run: () => find<HTMLInputElement>('[data-filter], [data-graph-filter], [data-find]')?.select() },
	j: { keys: 'j k', does: 'next, previous row', run: () => moveRow(1) },
	k: { keys: '', does: '', run: () => moveRow(-1) },
	x: { keys: 'x', does: 'select the row', run: pickRow },
	r: { keys: 'r', does: 'rerun what failed', run: click('[data-dialog="rerun"]:not([data-task])') },
	c: { keys: 'c', does: 'choose what to rerun', run: click('[data-dialog="rerun"][data-task], [data-dialog="rerun"]') },
	n: { keys: 'n', does: 'note', run: click('[data-dialog="note"]') },
	l: { keys: 'l', does: 'log', run: () => (find('[data-lines]') ?? find('[data-log-link]'))?.focus() },
	f: { keys: 'f', does: 'follow the log', run: click('[data-follow]') },
	'0': { keys: '0 + -', does: 'fit and zoom the graph', run: () => zoomGraph(0) },
	'+': { keys: '', does: '', run: () => zoomGraph(1) },
	'-': { keys: '', does: '', run: () => zoomGraph(-1) },
	z: { keys: 'z', does: 'UTC or local time', run: toggleZone },
	t: { keys: 't', does: 'light or dark', run: toggleTheme },
	'?': { keys: '?', does: 'this help', run: () => openHelp() },
};

const PLACES: Record<string, () => void> = { o: go('/'), d: go('/dags'), r: go('/runs') };

const OTHERS: [string, string][] = [
	['Ctrl K', 'jump to anything, do anything'],
	['g o', 'overview'],
	['g d', 'DAGs'],
	['g r', 'runs'],
	['← ↑ ↓ →', 'move in the grid and the graph'],
	['Enter', 'open; next hit in the log'],
	['Esc', 'close, clear the selection'],
];

const PREFIX_MS = 900;
let prefixAt = -Infinity;

const lettersAreOn = (): boolean => kept('letters') !== 'off';

function openHelp(): void {
	const rows = [...OTHERS, ...Object.values(KEYS).flatMap((key): [string, string][] => (key.keys ? [[key.keys, key.does]] : []))];
	const box = openDialog(
		'help',
		'Keyboard',
		html`<form method="dialog">${dialogHead('Keyboard', '')}<div class="in"><dl class="keys">${rows.map(([keys, does]) => html`<div><dt><span class="kbd">${keys}</span></dt><dd>${does}</dd></div>`)}</dl><p><label class="dim"><input type="checkbox" data-letters> single letters are keys</label></p></div></form>`,
	);
	const letters = find<HTMLInputElement>('[data-letters]', box)!;
	letters.checked = lettersAreOn();
	letters.onchange = () => keep('letters', letters.checked ? 'on' : 'off');
}

function isTyping(target: EventTarget | null): boolean {
	const element = target as HTMLElement;
	if (element.isContentEditable) return true;
	if (!/^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName)) return false;
	return !/^(checkbox|radio|button|submit)$/.test((element as HTMLInputElement).type);
}

function onEscape(): void {
	const field = document.activeElement as HTMLElement | null;
	if (field && isTyping(field)) field.blur();
	else clearPicks();
}

function onKey(e: KeyboardEvent): void {
	if (e.defaultPrevented || e.isComposing) return;
	if ((e.metaKey || e.ctrlKey) && e.key.toLowerCase() === 'k') {
		e.preventDefault();
		openPalette();
		return;
	}
	if (find<HTMLDialogElement>('dialog')?.open) return;
	if (e.key === 'Escape') onEscape();
	if (e.metaKey || e.ctrlKey || e.altKey || isTyping(e.target) || !lettersAreOn()) return;
	const prefixed = e.timeStamp - prefixAt < PREFIX_MS;
	prefixAt = e.key === 'g' ? e.timeStamp : -Infinity;
	const run = prefixed ? PLACES[e.key] : KEYS[e.key]?.run;
	if (!run) return;
	e.preventDefault();
	run();
}

export function startKeys(): void {
	document.addEventListener('keydown', onKey);
	document.addEventListener('click', (e) => {
		const opener = (e.target as Element).closest<HTMLElement>('[data-dialog="palette"], [data-dialog="help"]');
		if (!opener) return;
		e.preventDefault();
		if (opener.dataset['dialog'] === 'help') openHelp();
		else openPalette();
	});
}
