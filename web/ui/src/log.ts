// The log of one attempt. Its end comes first; all rows have one height, so the place of line n is
// known without its text, only the lines in sight are in the page, and a part of the log is fetched
// when it is looked at. A log under way goes on by server-sent events, one line each.
import { ansi } from './ansi';
import { events, get } from './api';
import { count, find, many, perFrame } from './dom';
import { Markup, html, put } from './html';
import { onRefresh } from './live';
import { instant, onZone } from './time';

interface Line {
	line: number;
	text: string;
}
interface LogPage {
	items: Line[];
	next: number | null;
	total?: number;
	matches?: number;
	follow?: { offset: number; line: number };
}

const ROW_PX = 19;
const MARGIN_ROWS = 12;
const PART_LINES = 250;
const PARTS_MAX = 64; // in memory
const TALLEST_PX = 8_000_000; // browsers refuse elements of about 17 million; above it rows are scaled
const TEXT_MAX = 4_000;
const HITS_MAX = 1_000;

class LogView {
	readonly box: HTMLElement;
	private readonly tall = document.createElement('div');
	private readonly rows = document.createElement('div');
	private readonly pill = document.createElement('button');
	private readonly stop = new AbortController();
	private parts = new Map<number, (string | undefined)[]>();
	private asked = new Set<number>();
	private shown = new Map<number, { row: HTMLElement; key: string }>();
	private total = 0;
	private seen = 0; // lines that had come when the end was last in sight
	private following = true;
	private target = 0;
	private query = '';
	private hits: number[] = [];
	private readonly soon = perFrame(() => this.paint());

	constructor(private readonly section: HTMLElement) {
		this.box = find('[data-lines]', section)!;
		this.rows.className = 'rows';
		this.pill.className = 'btn small new';
		this.pill.hidden = true;
		this.pill.type = 'button';
		this.pill.dataset['own'] = '';
		this.pill.onclick = () => this.setFollowing(true);
		this.total = Number(section.dataset['total'] ?? 0);
		this.target = Number(/^#L(\d+)$/.exec(location.hash)?.[1] ?? 0);
		this.following = this.target === 0;
		this.listen();
		void this.open();
	}

	close(): void {
		this.stop.abort();
		this.pill.remove();
	}

	repaint(): void {
		this.soon();
	}

	private get address(): string {
		return this.section.dataset['log'] ?? '';
	}

	private listen(): void {
		const options = { signal: this.stop.signal };
		const input = find<HTMLInputElement>('[data-find]', this.section);
		this.box.addEventListener('scroll', () => this.onScroll(), { ...options, passive: true });
		find('[data-follow]', this.section)?.addEventListener('click', () => this.setFollowing(!this.following), options);
		addEventListener('hashchange', () => this.onHash(), options);
		addEventListener('resize', this.soon, options);
		let timer = 0;
		input?.addEventListener('input', () => {
			clearTimeout(timer);
			timer = setTimeout(() => void this.search(input.value), 150);
		}, options);
		input?.addEventListener('keydown', (e) => {
			if (e.key !== 'Enter') return;
			e.preventDefault();
			this.step(e.shiftKey ? -1 : 1);
		}, options);
	}

	// --- getting lines

	private async open(): Promise<void> {
		while (!this.stop.signal.aborted) {
			try {
				const page = await this.loadTail();
				this.begin();
				if (!this.isRunning) return;
				await this.follow(page);
				if (!this.isRunning) return;
			} catch {
				/* the daemon is away, or the task has no attempt yet */
			}
			await visible();
			await new Promise((done) => setTimeout(done, 1000));
		}
	}

	private get isRunning(): boolean {
		return this.section.dataset['running'] === '1';
	}

	private async loadTail(): Promise<LogPage> {
		const page = await get<LogPage>(`${this.address}?tail=${PART_LINES}`, this.stop.signal);
		this.take(page.items);
		this.total = page.total ?? Math.max(this.total, page.items.at(-1)?.line ?? 0);
		return page;
	}

	private begin(): void {
		if (!this.box.classList.contains('virtual')) {
			this.box.classList.add('virtual');
			this.box.replaceChildren(this.tall, this.rows);
			this.section.append(this.pill);
		}
		if (this.following) this.seen = this.total;
		this.paint();
		if (this.target) this.showLine(this.target);
	}

	private async follow(page: LogPage): Promise<void> {
		let line = page.follow?.line ?? this.total + 1;
		const offset = page.follow?.offset;
		if (offset === undefined) {
			await new Promise((done) => setTimeout(done, 500));
			return;
		}
		const signal = AbortSignal.any([this.stop.signal, hiddenSignal()]);
		for await (const event of events(this.address, String(offset), signal)) {
			if (event === 'open') continue;
			if (event.kind === 'end') {
				this.section.dataset['running'] = '0';
				await this.loadTail();
				this.soon();
				return;
			}
			if (event.kind !== 'line') continue;
			this.take([{ line, text: event.data }]);
			this.total = Math.max(this.total, line++);
			this.soon();
		}
	}

	private take(lines: readonly Line[]): void {
		for (const { line, text } of lines) {
			const part = Math.floor((line - 1) / PART_LINES);
			let texts = this.parts.get(part);
			if (!texts) {
				texts = [];
				this.parts.set(part, texts);
			}
			texts[(line - 1) % PART_LINES] = text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)} …` : text;
		}
		this.forget();
	}

	// What is farthest from what is in sight goes first.
	private forget(): void {
		if (this.parts.size <= PARTS_MAX) return;
		const middle = Math.floor(this.firstLine() / PART_LINES);
		const far = [...this.parts.keys()].sort((a, b) => Math.abs(b - middle) - Math.abs(a - middle));
		for (const part of far.slice(0, this.parts.size - PARTS_MAX)) this.parts.delete(part);
	}

	private lineText(line: number): string | undefined {
		const text = this.parts.get(Math.floor((line - 1) / PART_LINES))?.[(line - 1) % PART_LINES];
		if (text === undefined) void this.fetchPart(Math.floor((line - 1) / PART_LINES));
		return text;
	}

	private async fetchPart(part: number): Promise<void> {
		if (this.asked.has(part)) return;
		this.asked.add(part);
		try {
			const page = await get<LogPage>(
				`${this.address}?from=${part * PART_LINES + 1}&lines=${PART_LINES}`,
				this.stop.signal,
			);
			this.take(page.items);
			this.soon();
		} catch {
			/* asked again when it is next in sight */
		} finally {
			this.asked.delete(part);
		}
	}

	// --- where we are

	private get room(): number {
		return Math.max(1, Math.floor(this.box.clientHeight / ROW_PX));
	}

	private get height(): number {
		return Math.min(TALLEST_PX, this.total * ROW_PX + 8);
	}

	// The number, from 0, of the line at the top edge. A scaled log maps the way of the bar to the lines.
	private firstLine(): number {
		if (this.total * ROW_PX + 8 <= TALLEST_PX) return this.box.scrollTop / ROW_PX;
		const way = this.height - this.box.clientHeight;
		return (this.box.scrollTop / way) * Math.max(0, this.total - this.room);
	}

	private scrollToLine(first: number): void {
		const wanted = Math.max(0, Math.min(first, this.total - this.room));
		const scaled = this.total * ROW_PX + 8 > TALLEST_PX;
		const way = this.height - this.box.clientHeight;
		this.box.scrollTop = scaled ? (wanted / (this.total - this.room)) * way : wanted * ROW_PX;
	}

	private onScroll(): void {
		const atEnd = this.box.scrollTop + this.box.clientHeight >= this.box.scrollHeight - ROW_PX;
		if (atEnd !== this.following) this.showFollowing(atEnd);
		this.soon();
	}

	private setFollowing(on: boolean): void {
		this.showFollowing(on);
		this.soon();
	}

	private showFollowing(on: boolean): void {
		this.following = on;
		this.seen = this.total;
	}

	private onHash(): void {
		this.target = Number(/^#L(\d+)$/.exec(location.hash)?.[1] ?? 0);
		if (this.target) this.showLine(this.target);
	}

	private showLine(line: number): void {
		const first = this.firstLine();
		this.showFollowing(false);
		if (line - 1 < first || line > first + this.room) this.scrollToLine(line - 1 - Math.floor(this.room / 3));
		this.paint();
	}

	// --- find

	private async search(text: string): Promise<void> {
		const query = text.trim();
		const hits = find('[data-hits]', this.section);
		this.query = query;
		this.hits = [];
		if (hits) hits.textContent = '';
		this.soon();
		if (!query) return;
		try {
			const page = await get<LogPage>(
				`${this.address}?find=${encodeURIComponent(query)}&lines=${HITS_MAX}`,
				this.stop.signal,
			);
			if (this.query !== query) return;
			this.take(page.items);
			this.hits = page.items.map((item) => item.line);
			const all = page.matches ?? this.hits.length;
			if (hits) hits.textContent = page.matches === undefined && page.next !== null ? `${count(all)}+` : count(all);
			if (this.hits.length > 0) this.step(0);
		} catch {
			if (hits) hits.textContent = '?';
		}
	}

	// To the next hit after the target (1), before it (-1), or the one nearest to what is in sight (0).
	private step(way: number): void {
		const at = this.target || Math.floor(this.firstLine()) + 1;
		const next =
			way > 0
				? (this.hits.find((line) => line > at) ?? this.hits[0])
				: way < 0
					? (this.hits.findLast((line) => line < at) ?? this.hits.at(-1))
					: (this.hits.find((line) => line >= at) ?? this.hits.at(-1));
		if (!next) return;
		history.replaceState(null, '', `${location.pathname}${location.search}#L${next}`);
		this.target = next;
		this.showLine(next);
	}

	// --- painting

	private paint(): void {
		if (!this.box.isConnected || !this.box.classList.contains('virtual')) return;
		this.tall.style.height = `${this.height}px`;
		if (this.following) this.box.scrollTop = this.box.scrollHeight;
		const top = this.firstLine();
		const from = Math.max(0, Math.floor(top) - MARGIN_ROWS);
		const to = Math.min(this.total, from + this.room + 2 * MARGIN_ROWS + 1);
		this.paintRows(from, to);
		this.rows.style.transform = `translateY(${this.box.scrollTop - (top - from) * ROW_PX + 4}px)`;
		this.paintHead();
	}

	private paintRows(from: number, to: number): void {
		for (const [line, { row }] of this.shown)
			if (line <= from || line > to) {
				row.remove();
				this.shown.delete(line);
			}
		let before: ChildNode | null = this.rows.firstChild;
		for (let line = from + 1; line <= to; line++) {
			const row = this.rowOf(line);
			if (row === before) before = before.nextSibling;
			else this.rows.insertBefore(row, before);
		}
	}

	private rowOf(line: number): HTMLElement {
		const text = this.lineText(line);
		const key = `${zone}${text === undefined ? '' : '+'}${this.query}\n${text ?? ''}`;
		const known = this.shown.get(line);
		const row = known?.row ?? document.createElement('div');
		const isHit = this.query !== '' && (text ?? '').toLowerCase().includes(this.query.toLowerCase());
		if (known?.key !== key)
			put(row, html`<a href="#L${line}" tabindex="-1">${line}</a><span>${textOf(text ?? '', this.query)}</span>`);
		row.className = `ln${isHit ? ' hit' : ''}${line === this.target ? ' target' : ''}`;
		this.shown.set(line, { row, key });
		return row;
	}

	private paintHead(): void {
		const head = find('[data-count]', this.section);
		const button = find('[data-follow]', this.section);
		const fresh = this.total - this.seen;
		if (this.following) this.seen = this.total;
		if (head) head.textContent = many(this.total, 'line');
		button?.setAttribute('aria-pressed', String(this.following));
		this.pill.hidden = this.following || fresh <= 0;
		if (!this.pill.hidden) this.pill.textContent = `${many(fresh, 'new line')} ↓`;
	}
}

// The shim writes the instant before each line; it is shown as a clock in the chosen zone.
const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{3})Z /;

function textOf(text: string, query: string): Markup {
	const stamp = STAMP.exec(text);
	const ms = stamp ? Date.parse(`${stamp[1]}Z`) : NaN;
	if (!stamp || Number.isNaN(ms)) return ansi(text, query);
	return html`<span class="a8" title="${stamp[0]}">${instant(ms, 'clock')}.${stamp[2]}</span> ${ansi(text.slice(stamp[0].length), query)}`;
}

let zone = 0; // counts the turns of the switch

// Aborted when the tab is hidden: a log that nobody reads takes no connection.
function hiddenSignal(): AbortSignal {
	const hidden = new AbortController();
	const look = () => {
		if (!document.hidden) return;
		hidden.abort();
		document.removeEventListener('visibilitychange', look);
	};
	document.addEventListener('visibilitychange', look);
	return hidden.signal;
}

const visible = async (): Promise<void> => {
	if (!document.hidden) return;
	await new Promise((seen) => document.addEventListener('visibilitychange', seen, { once: true }));
};

let view: LogView | null = null;

// The page may come with the log of another attempt.
function attach(): void {
	const section = find('[data-log]');
	const box = section && find('[data-lines]', section);
	if (view && view.box === box) return;
	view?.close();
	view = section && box ? new LogView(section) : null;
}

export function startLog(): void {
	attach();
	onRefresh(attach);
	onZone(() => {
		zone++;
		view?.repaint();
	});
}
