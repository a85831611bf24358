// Every instant on the page goes through here: UTC, or the zone of this device by the switch. The
// daemon writes UTC, so a page without script is right, too.
import { all, keep, kept, prepareWith } from './dom';

type Shape = 'clock' | 'minute' | 'day' | 'full';

const SHAPES: Record<Shape, Intl.DateTimeFormatOptions> = {
	clock: { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
	minute: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
	day: { day: 'numeric', month: 'short' },
	full: { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
};

let local = kept('zone') === 'local';
let formats = new Map<Shape, Intl.DateTimeFormat>();

function formatOf(name: Shape): Intl.DateTimeFormat {
	let format = formats.get(name);
	if (!format) {
		format = new Intl.DateTimeFormat('en-GB', { ...SHAPES[name], ...(local ? {} : { timeZone: 'UTC' }) });
		formats.set(name, format);
	}
	return format;
}

export function instant(ms: number, name: Shape): string {
	return formatOf(name).format(ms).replace(',', '');
}

// "850 ms", "42 s", "42 min 18 s", "3 h 05 min", "4 d 2 h".
export function span(ms: number): string {
	const s = Math.floor(ms / 1000);
	const two = (n: number) => String(n).padStart(2, '0');
	if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
	if (s < 60) return `${s} s`;
	if (s < 3600) return `${Math.floor(s / 60)} min ${two(s % 60)} s`;
	if (s < 86_400) return `${Math.floor(s / 3600)} h ${two(Math.floor(s / 60) % 60)} min`;
	return `${Math.floor(s / 86_400)} d ${Math.floor(s / 3600) % 24} h`;
}

// "42 s ago", "4 min ago", "3 h ago", "5 days ago": as the daemon says it.
function ago(ms: number): string {
	const s = Math.max(0, Math.floor(ms / 1000));
	if (s < 60) return `${s} s ago`;
	if (s < 3600) return `${Math.floor(s / 60)} min ago`;
	if (s < 48 * 3600) return `${Math.floor(s / 3600)} h ago`;
	return `${Math.floor(s / 86_400)} days ago`;
}

function textOf(ms: number, name: string): string {
	if (name === 'since') return span(Date.now() - ms);
	if (name === 'ago') return ago(Date.now() - ms);
	return instant(ms, name in SHAPES ? (name as Shape) : 'full');
}

function show(time: HTMLElement): void {
	const ms = Date.parse(time.getAttribute('datetime') ?? '');
	const name = time.dataset['t'] ?? 'full';
	if (Number.isNaN(ms)) return;
	const text = textOf(ms, name);
	if (time.textContent !== text) time.textContent = text;
	const title = `${instant(ms, 'full')} ${local ? 'local time' : 'UTC'}`;
	if (time.title !== title) time.title = title;
}

function showAll(root: ParentNode): void {
	for (const time of all('time[datetime]', root)) show(time);
	for (const button of all('[data-zone]', root))
		button.setAttribute('aria-pressed', String((button.dataset['zone'] === 'local') === local));
}

const listeners: (() => void)[] = [];
export const onZone = (listener: () => void): void => void listeners.push(listener);

export function setZone(isLocal: boolean): void {
	local = isLocal;
	formats = new Map();
	keep('zone', isLocal ? 'local' : 'utc');
	showAll(document);
	for (const listener of listeners) listener();
}
export const toggleZone = (): void => setZone(!local);

export function startTimes(): void {
	prepareWith(showAll);
	document.addEventListener('click', (e) => {
		const button = (e.target as Element).closest<HTMLElement>('[data-zone]');
		if (button) setZone(button.dataset['zone'] === 'local');
	});
	setInterval(() => {
		if (document.hidden) return;
		for (const time of all('time[data-t="since"], time[data-t="ago"]')) show(time);
	}, 1000);
}
