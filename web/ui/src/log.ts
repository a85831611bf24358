// The log of one attempt. Its end comes first; all rows have one height, so the place of line n is
// known without its text, only the lines in sight are in the page, and a part of the log is fetched
// when it is looked at. A log under way goes on by server-sent events, one line each.
import { ansi } from './ansi';
import { Problem, events, get } from './api';
import { count, find, keep, kept, many, perFrame } from './dom';
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
	matches?: number; // with find or level: in what was looked at for this answer
	unsearched?: number | null; // likewise: the line where the next answer goes on
	follow?: { offset: number; line: number };
}

const ROW_PX = 19;
const MARGIN_ROWS = 12;
const PART_LINES = 250;
const PARTS_MAX = 64; // in memory
const TALLEST_PX = 8_000_000; // browsers refuse elements of about 17 million; above it rows are scaled
const TEXT_MAX = 4_000;
const HITS_MAX = 1_000;
const PICKED_MAX = 2_000; // lines of a level, the last ones
const SIEVE_MS = 1_000; // between two looks for new ones
const WRAPPED_ALL = 150; // so many rows are laid out as they are; of more only what is near

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
	private finding = new AbortController(); // of the search under way
	private level = '';
	private picked: number[] | null = null; // the lines shown; null = all
	private pickedTexts = new Map<number, string>();
	private matches = 0; // lines of the level in all, but for a last one that is not whole yet
	private openMatch = 0; // that one
	private sieving: AbortController | null = null; // the look under way
	private sieveTimer = 0;
	private sieved = 0; // the lines up to here were looked at ...
	private unsieved = 0; // ... but those up to here were not
	private wrap = kept('wrap') === 'on';
	private rowsOfLine = 1; // when wrapped, on average
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
		this.level = find<HTMLSelectElement>('[data-level]', section)?.value ?? '';
		if (this.level) this.picked = [];
		this.listen();
		this.showWrap();
		void this.open();
	}

	close(): void {
		this.stop.abort();
		this.finding.abort();
		this.sieving?.abort();
		clearTimeout(this.sieveTimer);
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
		find('[data-wrap]', this.section)?.addEventListener('click', () => this.setWrap(!this.wrap), options);
		const level = find<HTMLSelectElement>('[data-level]', this.section);
		level?.addEventListener('change', () => this.setLevel(level.value), options);
		level?.form?.addEventListener('submit', (e) => e.preventDefault(), options);
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
				if (this.level) void this.sieve();
				this.begin();
				if (!this.query && find<HTMLInputElement>('[data-find]', this.section)?.value) this.searchAgain();
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
			if ('start' in event) continue;
			if (event.kind === 'end') {
				this.section.dataset['running'] = '0';
				await this.loadTail();
				this.soon();
				this.sieveSoon();
				return;
			}
			if (event.kind !== 'line') continue;
			this.take([{ line, text: event.data }]);
			this.total = Math.max(this.total, line++);
			this.soon();
			this.sieveSoon();
		}
	}

	// --- lines of a level: the daemon knows which they are

	private setLevel(level: string): void {
		this.level = level;
		this.picked = level ? [] : null;
		this.pickedTexts.clear();
		this.sieving?.abort();
		this.sieving = null;
		this.matches = this.openMatch = this.sieved = this.unsieved = 0;
		const address = new URL(location.href);
		if (level) address.searchParams.set('level', level);
		else address.searchParams.delete('level');
		history.replaceState(null, '', address);
		this.searchAgain();
		if (level) void this.sieve();
		else this.soon();
	}

	// The last lines first, then what stands before them, a slice at a time; later what has come.
	private async sieve(): Promise<void> {
		if (this.sieving) {
			this.sieveSoon();
			return;
		}
		const stop = (this.sieving = new AbortController());
		this.soon();
		try {
			if (this.sieved > 0) await this.sieveOn(stop.signal);
			else await this.sieveBack(`tail=${PICKED_MAX}`, stop.signal);
			while (this.unsieved > 0) {
				const room = Math.max(1, PICKED_MAX - (this.picked?.length ?? 0));
				await this.sieveBack(`tail=${room}&to=${this.unsieved}`, stop.signal);
			}
		} catch {
			if (!stop.signal.aborted && !this.stop.signal.aborted) this.sieveSoon();
		} finally {
			if (this.sieving === stop) this.sieving = null;
			this.soon();
		}
	}

	private async askLevel(part: string, signal: AbortSignal): Promise<LogPage> {
		const page = await get<LogPage>(`${this.address}?level=${this.level}&${part}`, signal);
		signal.throwIfAborted();
		return page;
	}

	private async sieveBack(part: string, signal: AbortSignal): Promise<void> {
		const page = await this.askLevel(part, signal);
		const inSight = this.sieved === 0 ? this.target : this.lineAt(Math.floor(this.firstRow()));
		const room = PICKED_MAX - (this.picked?.length ?? 0);
		const items = room > 0 ? page.items.slice(-room) : [];
		if (this.sieved === 0) this.tookEnd(page);
		else this.matches += page.matches ?? 0;
		this.unsieved = page.unsearched ?? 0;
		for (const { line, text } of items) this.pickedTexts.set(line, shortened(text));
		this.picked = [...items.map((item) => item.line), ...(this.picked ?? [])];
		if (!this.following && !this.wrap) {
			this.tall.style.height = `${this.height}px`; // what is in sight stays there
			this.scrollToRow(this.rowOfLine(inSight));
		}
		this.soon();
	}

	private async sieveOn(signal: AbortSignal): Promise<void> {
		let page: LogPage;
		do {
			page = await this.askLevel(`from=${this.sieved + 1}&lines=${PICKED_MAX}`, signal);
			for (const { line, text } of page.items) this.pickedTexts.set(line, shortened(text));
			const fresh = page.items.map((item) => item.line).filter((line) => line > (this.picked?.at(-1) ?? 0));
			const all = [...(this.picked ?? []), ...fresh];
			for (const line of all.slice(0, -PICKED_MAX)) this.pickedTexts.delete(line);
			this.picked = all.slice(-PICKED_MAX);
			this.tookEnd(page);
			this.soon();
		} while (page.unsearched);
	}

	// The last line may not be whole yet: it is looked at again, and counted apart.
	private tookEnd(page: LogPage): void {
		const end = page.follow?.line ?? this.total + 1;
		this.openMatch = page.items.at(-1)?.line === end ? 1 : 0;
		this.matches += (page.matches ?? page.items.length) - this.openMatch;
		this.sieved = (this.sieved > 0 ? (page.unsearched ?? end) : end) - 1;
	}

	private sieveSoon(): void {
		if (!this.level || this.sieveTimer) return;
		this.sieveTimer = setTimeout(() => {
			this.sieveTimer = 0;
			if (this.level) void this.sieve();
		}, SIEVE_MS);
	}

	private get rowCount(): number {
		return this.picked ? this.picked.length : this.total;
	}

	private lineAt(row: number): number {
		return this.picked ? (this.picked[row] ?? 0) : row + 1;
	}

	// The row of the line, or of the next one that is shown.
	private rowOfLine(line: number): number {
		if (!this.picked) return line - 1;
		const row = this.picked.findIndex((one) => one >= line);
		return row < 0 ? this.picked.length - 1 : row;
	}

	// --- wrapped lines have no one height: the way of the bar is mapped to them

	private setWrap(on: boolean): void {
		const line = this.lineAt(Math.floor(this.firstRow()));
		this.wrap = on;
		keep('wrap', on ? 'on' : 'off');
		this.showWrap();
		if (!this.following) this.scrollToRow(this.rowOfLine(line));
		this.soon();
	}

	private showWrap(): void {
		this.box.classList.toggle('wrap', this.wrap);
		this.rowsOfLine = 1;
		if (!this.wrap) return;
		const wide = Math.max(20, this.box.clientWidth / CHAR_PX);
		const texts = [...this.parts.values()].flat().filter((text) => text !== undefined);
		const rows = texts.reduce((sum, text) => sum + Math.ceil(Math.max(1, text.length) / wide), 0);
		this.rowsOfLine = texts.length > 0 ? rows / texts.length : 1;
		this.tall.style.height = `${this.height}px`;
	}

	private get way(): number {
		return Math.max(1, this.box.scrollHeight - this.box.clientHeight);
	}

	private paintWrapped(): void {
		const all = this.rowCount;
		if (all <= WRAPPED_ALL) {
			this.paintRows(0, all);
			this.rows.style.transform = 'translateY(4px)';
			this.tall.style.height = `${this.rows.offsetHeight + 8}px`;
			if (this.following) this.box.scrollTop = this.box.scrollHeight;
			return;
		}
		const share = Math.min(1, this.box.scrollTop / this.way);
		const at = share * all;
		const from = Math.max(0, Math.floor(at) - this.room - MARGIN_ROWS);
		this.paintRows(from, Math.min(all, Math.ceil(at) + this.room + MARGIN_ROWS));
		const row = this.shown.get(this.lineAt(Math.floor(at)))?.row;
		const y = row ? row.offsetTop + (at - Math.floor(at)) * row.offsetHeight : this.rows.offsetHeight;
		this.rows.style.transform = `translateY(${this.box.scrollTop + share * this.box.clientHeight - y}px)`;
	}

	// --- parts

	private take(lines: readonly Line[]): void {
		for (const { line, text } of lines) {
			const part = Math.floor((line - 1) / PART_LINES);
			let texts = this.parts.get(part);
			if (!texts) {
				texts = [];
				this.parts.set(part, texts);
			}
			texts[(line - 1) % PART_LINES] = shortened(text);
		}
		this.forget();
	}

	// What is farthest from what is in sight goes first.
	private forget(): void {
		if (this.parts.size <= PARTS_MAX) return;
		const middle = Math.floor(this.lineAt(Math.floor(this.firstRow())) / PART_LINES);
		const far = [...this.parts.keys()].sort((a, b) => Math.abs(b - middle) - Math.abs(a - middle));
		for (const part of far.slice(0, this.parts.size - PARTS_MAX)) this.parts.delete(part);
	}

	private lineText(line: number): string | undefined {
		const picked = this.pickedTexts.get(line);
		if (picked !== undefined) return picked;
		const text = this.parts.get(Math.floor((line - 1) / PART_LINES))?.[(line - 1) % PART_LINES];
		if (text === undefined) void this.fetchPart(Math.floor((line - 1) / PART_LINES));
		return text;
	}

	private async fetchPart(part: number): Promise<void> {
		if (this.asked.has(part)) return;
		this.asked.add(part);
		try {
			const last = (part + 1) * PART_LINES;
			let from: number | null = part * PART_LINES + 1;
			while (from) {
				// Long lines do not all fit into one answer.
				const range: string = `from=${from}&to=${last}&lines=${PART_LINES}`;
				const page: LogPage = await get<LogPage>(`${this.address}?${range}`, this.stop.signal);
				this.take(page.items);
				this.soon();
				from = page.next;
			}
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

	private get fullHeight(): number {
		return this.rowCount * ROW_PX * (this.wrap ? this.rowsOfLine : 1) + 8;
	}

	private get height(): number {
		return Math.min(TALLEST_PX, this.fullHeight);
	}

	private get isScaled(): boolean {
		return this.wrap || this.fullHeight > TALLEST_PX;
	}

	// The number, from 0, of the row at the top edge. A scaled log maps the way of the bar to the rows.
	private firstRow(): number {
		if (!this.isScaled) return this.box.scrollTop / ROW_PX;
		return (this.box.scrollTop / this.way) * Math.max(0, this.rowCount - this.room);
	}

	private scrollToRow(first: number): void {
		const last = Math.max(1, this.wrap ? this.rowCount : this.rowCount - this.room);
		const wanted = Math.max(0, Math.min(first, last));
		this.box.scrollTop = this.isScaled ? (wanted / last) * this.way : wanted * ROW_PX;
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
		const row = this.rowOfLine(line);
		const first = this.firstRow();
		this.showFollowing(false);
		if (this.wrap) this.scrollToRow(row);
		else if (row < first || row + 1 > first + this.room) this.scrollToRow(row - Math.floor(this.room / 3));
		this.paint();
		if (this.wrap) this.shown.get(this.lineAt(row))?.row.scrollIntoView({ block: 'nearest' });
	}

	// --- find

	private async search(text: string): Promise<void> {
		const query = text.trim();
		const stop = new AbortController();
		this.finding.abort();
		this.finding = stop;
		this.query = query;
		this.hits = [];
		this.showHits('');
		this.soon();
		if (!query) return;
		try {
			await this.searchAll(stop.signal);
		} catch (trouble) {
			if (!stop.signal.aborted) this.showHits(trouble instanceof Problem ? trouble.message : '?');
		}
	}

	// An answer looks through a slice of the log: one after the other is asked for, to the end. All
	// hits are counted, the first ones are kept.
	private async searchAll(signal: AbortSignal): Promise<void> {
		const at = this.target || this.lineAt(Math.floor(this.firstRow()));
		const level = this.level ? `&level=${this.level}` : '';
		let from: number | null = 1;
		let matches = 0;
		let isThere = false; // the hit to be shown
		while (from) {
			const room = HITS_MAX - this.hits.length;
			const page: LogPage = await get<LogPage>(
				`${this.address}?find=${encodeURIComponent(this.query)}&from=${from}&lines=${Math.max(1, room)}${level}`,
				signal,
			);
			signal.throwIfAborted();
			if (room > 0) {
				this.take(page.items);
				this.hits.push(...page.items.map((item) => item.line));
			}
			matches += page.matches ?? 0;
			from = page.unsearched ?? null;
			this.showHits(from ? `${count(matches)} … ${Math.floor((100 * from) / Math.max(1, page.total ?? from))}%` : count(matches), from !== null);
			if (!isThere && (!from || this.hits.some((line) => line >= at))) {
				isThere = true;
				if (this.hits.length > 0) this.step(0);
			}
		}
	}

	private showHits(text: string, isLooking = false): void {
		const hits = find('[data-hits]', this.section);
		if (!hits) return;
		hits.textContent = text;
		hits.title = isLooking ? 'Still looking' : text;
		hits.setAttribute('aria-busy', String(isLooking));
	}

	private searchAgain(): void {
		const input = find<HTMLInputElement>('[data-find]', this.section);
		if (input?.value) void this.search(input.value);
	}

	// To the next hit after the target (1), before it (-1), or the one nearest to what is in sight (0).
	private step(way: number): void {
		const at = this.target || this.lineAt(Math.floor(this.firstRow()));
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
		if (!this.wrap || this.rowCount > WRAPPED_ALL) this.tall.style.height = `${this.height}px`;
		if (this.following) this.box.scrollTop = this.box.scrollHeight;
		if (this.wrap) this.paintWrapped();
		else this.paintEven();
		this.paintHead();
	}

	private paintEven(): void {
		const top = this.firstRow();
		const from = Math.max(0, Math.floor(top) - MARGIN_ROWS);
		this.paintRows(from, Math.min(this.rowCount, from + this.room + 2 * MARGIN_ROWS + 1));
		this.rows.style.transform = `translateY(${this.box.scrollTop - (top - from) * ROW_PX + 4}px)`;
	}

	private paintRows(from: number, to: number): void {
		const wanted = new Set(Array.from({ length: Math.max(0, to - from) }, (_, i) => this.lineAt(from + i)));
		for (const [line, { row }] of this.shown)
			if (!wanted.has(line)) {
				row.remove();
				this.shown.delete(line);
			}
		let before: ChildNode | null = this.rows.firstChild;
		for (const line of wanted) {
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
		row.className = `ln${text === undefined ? ' blank' : ''}${isHit ? ' hit' : ''}${line === this.target ? ' target' : ''}`;
		this.shown.set(line, { row, key });
		return row;
	}

	private paintHead(): void {
		const head = find('[data-count]', this.section);
		const button = find('[data-follow]', this.section);
		const fresh = this.total - this.seen;
		if (this.following) this.seen = this.total;
		const looking = this.sieving && (this.unsieved > 0 || this.sieved === 0) ? ' …' : '';
		if (head)
			head.textContent = this.picked
				? `${count(this.matches + this.openMatch)}${looking} of ${many(this.total, 'line')}`
				: many(this.total, 'line');
		button?.setAttribute('aria-pressed', String(this.following));
		find('[data-wrap]', this.section)?.setAttribute('aria-pressed', String(this.wrap));
		this.pill.hidden = this.following || fresh <= 0;
		if (!this.pill.hidden) this.pill.textContent = `${many(fresh, 'new line')} ↓`;
	}
}

const CHAR_PX = 7.2; // of the log's type, to guess how far lines wrap

const shortened = (text: string): string => (text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)} …` : text);

// The shim writes the instant before each line; it is shown as a clock in the chosen zone.
const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{3})Z /;

// A bar of progress is written over itself: what came last stays, as on a terminal.
const overwritten = (text: string): string => text.replace(/\r+$/, '').replace(/^.*\r/s, '');

function textOf(text: string, query: string): Markup {
	const stamp = STAMP.exec(text);
	const ms = stamp ? Date.parse(`${stamp[1]}Z`) : NaN;
	if (!stamp || Number.isNaN(ms)) return ansi(overwritten(text), query);
	return html`<span class="a8" title="${stamp[0]}">${instant(ms, 'clock')}.${stamp[2]}</span> ${ansi(overwritten(text.slice(stamp[0].length)), query)}`;
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
	if (view && view.box === box) {
		view.repaint();
		return;
	}
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
