// Runs and tasks as one grid with one tab stop: arrows move inside, a click or Enter shows a cell in
// the panel and loads nothing else. Without script a cell is the button of a form, and a whole page
// comes.
import { say, all, find, prepareWith } from './dom';
import { loadPart, onRefresh } from './live';

const STEPS: Record<string, [number, number]> = {
	ArrowLeft: [-1, 0],
	ArrowRight: [1, 0],
	ArrowUp: [0, -1],
	ArrowDown: [0, 1],
	Home: [-Infinity, 0],
	End: [Infinity, 0],
	PageUp: [0, -10],
	PageDown: [0, 10],
};

let picked: string | null = null; // what the panel shows when it is not what the page came with
let stop: string | null = null; // the cell that holds the tab stop

const cellsOf = (row: ParentNode): HTMLElement[] => all('[data-at]', row);

function neighbour(cell: HTMLElement, [dx, dy]: [number, number]): HTMLElement | undefined {
	const grid = cell.closest('[role="grid"]');
	const rows = grid ? all('[role="row"]', grid).filter((row) => find('[data-at]', row)) : [];
	const y = rows.findIndex((row) => row.contains(cell));
	const row = rows[Math.max(0, Math.min(rows.length - 1, y + dy))];
	const cells = row ? cellsOf(row) : [];
	const x = cellsOf(rows[y]!).indexOf(cell);
	return cells[Math.max(0, Math.min(cells.length - 1, x + dx))];
}

function moveStop(cell: HTMLElement): void {
	for (const other of all('[data-at][tabindex="0"]')) other.tabIndex = -1;
	cell.tabIndex = 0;
	stop = cell.dataset['at'] ?? null;
}

async function pick(cell: HTMLElement): Promise<void> {
	const at = cell.dataset['at'] ?? '';
	const address = new URL(location.href);
	address.searchParams.set('at', at);
	picked = at;
	moveStop(cell);
	showPicked(document);
	history.replaceState(null, '', address);
	try {
		await loadPart(address.pathname + address.search, '[data-panel]');
	} catch (trouble) {
		say((trouble as Error).message);
	}
}

// A newer page knows only the cell that its address names.
function showPicked(root: ParentNode): void {
	const cells = all('[role="grid"] [data-at]', root);
	if (picked) for (const cell of cells) cell.setAttribute('aria-selected', String(cell.dataset['at'] === picked));
	if (!stop) return;
	const holder = cells.find((cell) => cell.dataset['at'] === stop);
	if (holder) for (const cell of cells) cell.setAttribute('tabindex', cell === holder ? '0' : '-1');
}

function onKey(e: KeyboardEvent): void {
	const cell = (e.target as Element).closest<HTMLElement>('[role="grid"] [data-at]');
	const step = STEPS[e.key];
	if (!cell || !step || e.metaKey || e.ctrlKey || e.altKey) return;
	const next = neighbour(cell, step);
	if (!next) return;
	e.preventDefault();
	moveStop(next);
	next.focus();
	next.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}

// The newest run stands at the right: that is what one wants to see first.
function scrollToNewest(): void {
	const box = find('.cloth-box');
	if (box) box.scrollLeft = box.scrollWidth;
}

export function startGrid(): void {
	if (!find('[role="grid"]')) return;
	prepareWith(showPicked);
	scrollToNewest();
	onRefresh(() => showPicked(document));
	document.addEventListener('keydown', onKey);
	document.addEventListener('click', (e) => {
		const cell = (e.target as Element).closest<HTMLElement>('[role="grid"] [data-at]');
		if (!cell || e.metaKey || e.ctrlKey || e.shiftKey) return;
		e.preventDefault();
		void pick(cell);
	});
}
