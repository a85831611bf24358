// The bars of a run that is under way grow, and the axis with them. The daemon says where each bar
// begins and ends in milliseconds; classes in whole per cent stand in until this has run.
import { all, find, prepareWith } from './dom';

const AGAIN_MS = 1_000;

function lay(gantt: HTMLElement): void {
	const from = Number(gantt.dataset['from']);
	const end = Number(gantt.dataset['to']);
	const now = Date.now();
	const to = Math.max(end || now, from + 1_000);
	const part = (ms: number) => Math.max(0, Math.min(100, ((ms - from) / (to - from)) * 100));
	for (const bar of all('[data-a]', gantt)) {
		const a = part(Number(bar.dataset['a']));
		const b = part(Number(bar.dataset['b']) || now);
		bar.style.left = `${a.toFixed(3)}%`;
		bar.style.width = `${Math.max(0, b - a).toFixed(3)}%`;
	}
	for (const line of all('.now', gantt)) line.style.left = `${part(now).toFixed(3)}%`;
}

function layAll(root: ParentNode): void {
	for (const gantt of all('.gantt[data-from]', root)) lay(gantt);
}

export function startTimeline(): void {
	if (!find('.gantt')) return;
	prepareWith(layAll);
	setInterval(() => {
		const gantt = find('.gantt[data-to="0"]');
		if (gantt && !document.hidden) lay(gantt);
	}, AGAIN_MS);
}
