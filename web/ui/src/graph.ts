// The graph of a DAG in the colours of one run. The drawing follows from the version alone, so it
// keeps its shape while states change. All edges are one path: a graph of 300 tasks stays a page of
// under 1,500 elements.
import { get } from './api';
import { count, find, many } from './dom';
import { boxesOf, type Box, type Boxes, type GraphTask } from './groups';
import { Markup, html, icon, iconsHref, put, words } from './html';
import { layered, type Drawing } from './layered';
import { onFacts, onRefresh } from './live';
import { Selection } from './select';
import type { Fact } from './stream';

const PAD = 20;
const CHAR_PX = 6.7;
const LABEL_AT = 30;
const WIDE_MAX = 250;
const ZOOM = 1.25;
const REPAINT_MS = 500;

// What says most about a group, worst first.
const RANK = [
	'failed',
	'upstream_failed',
	'up_for_retry',
	'running',
	'cancelling',
	'queued',
	'waiting',
	'cancelled',
	'none',
	'skipped',
	'removed',
	'success',
];

interface Dag {
	definition: GraphTask[];
}
interface Run {
	tasks: Record<string, string>;
}

class GraphView {
	private tasks: GraphTask[] = [];
	private chosen: GraphTask[] = []; // of them, by the filter
	private said = ''; // what is wrong with the filter
	private states: Record<string, string> = {};
	private parts: Boxes = { boxes: [], edges: [] };
	private drawing: Drawing | null = null;
	private key = '';
	private zoom = 0; // 0 = fitted to the width
	private timer = 0;

	constructor(readonly host: HTMLElement) {
		host.addEventListener('click', (e) => this.onClick(e));
		host.addEventListener('keydown', (e) => this.onKey(e));
		host.addEventListener('focusin', (e) => this.light(e.target as Element));
		host.addEventListener('pointerover', (e) => this.light(e.target as Element));
		host.addEventListener('pointerleave', () => this.light(null));
	}

	// What the daemon wrote on the host decides what is shown.
	async update(): Promise<void> {
		const { graph = '', hash = '', run = '', sel = '' } = this.host.dataset;
		const key = [graph, hash, run, sel, location.hash].join('\n');
		if (key === this.key) return;
		this.key = key;
		try {
			const dag = get<Dag>(`/api/v1/dags/${encodeURIComponent(graph)}`);
			const states = run ? get<Run>(`/api/v1/runs/${run}`) : null;
			this.tasks = (await dag).definition;
			this.states = states ? (await states).tasks : {};
			this.arrange();
		} catch (trouble) {
			this.key = '';
			if (!this.drawing) put(this.host, html`<p class="pad dim" role="status">${(trouble as Error).message}</p>`);
		}
	}

	private get path(): string[] {
		return new URLSearchParams(location.hash.slice(1)).getAll('in');
	}

	private get run(): string {
		return this.host.dataset['run'] ?? '';
	}

	// Beside the grid it only orients; it has a page of its own.
	private get isSmall(): boolean {
		return this.host.closest('.gpanel') !== null;
	}

	// "root=load&up=1&down=2" in an address says the same as "1+load+2".
	private get filter(): string {
		const query = new URLSearchParams(location.search);
		const root = query.get('root');
		if (this.isSmall) return '';
		return query.get('q') ?? (root ? `${query.get('up') ?? ''}+${root}+${query.get('down') ?? ''}` : '');
	}

	private choose(): void {
		this.said = '';
		this.chosen = this.tasks;
		if (!this.filter.trim()) return;
		try {
			const selection = new Selection(this.tasks, (task) => this.states[task] ?? 'none');
			const some = selection.select(this.filter);
			this.chosen = this.tasks.filter((_, i) => some.has(i));
			if (some.size === 0) this.said = 'No task is like that.';
		} catch (trouble) {
			this.said = (trouble as Error).message;
		}
	}

	private arrange(): void {
		this.choose();
		this.parts = boxesOf(this.chosen, this.path);
		const small = this.isSmall;
		const longest = Math.max(8, ...this.parts.boxes.map((box) => box.label.length));
		const w = Math.min(WIDE_MAX, Math.round(longest * CHAR_PX) + LABEL_AT + 14);
		const h = small ? 36 : 44;
		this.drawing = layered(
			this.parts.boxes.map((box) => ({ id: box.key, w, h })),
			this.parts.edges,
			small ? 24 : 36,
			small ? 8 : 16,
		);
		this.paint();
	}

	// --- painting

	private stateOf(box: Box): string {
		let best = RANK.length;
		for (const i of box.tasks) {
			const rank = RANK.indexOf(this.states[this.chosen[i]!.id] ?? 'none');
			best = Math.min(best, rank < 0 ? RANK.length : rank);
		}
		return RANK[best] ?? 'none';
	}

	private noteOf(box: Box): string {
		if (box.tasks.length === 1) return this.chosen[box.tasks[0]!]!.action;
		const failed = box.tasks.filter((i) => this.states[this.chosen[i]!.id] === 'failed').length;
		return `${count(box.tasks.length)} tasks${failed > 0 ? `, ${count(failed)} failed` : ''}`;
	}

	private hrefOf(box: Box): string {
		const task = this.chosen[box.tasks[0]!]!.id;
		if (box.tasks.length === 1 && this.run) return `/runs/${this.run}?task=${encodeURIComponent(task)}`;
		const opened = new URLSearchParams([...this.path, box.key].map((key) => ['in', key]));
		const place = `/dags/${encodeURIComponent(this.host.dataset['graph'] ?? '')}?view=graph`;
		return box.tasks.length === 1 ? place : `${place}${this.run ? `&at=${this.run}.${task}` : ''}#${opened}`;
	}

	private node(box: Box, i: number): Markup {
		const at = this.drawing!.boxes[i]!;
		const state = this.stateOf(box);
		const one = box.tasks.length === 1;
		const name = one ? this.chosen[box.tasks[0]!]!.id : '';
		const room = Math.floor((at.w - LABEL_AT - 8) / CHAR_PX);
		const label = box.label.length > room ? `${box.label.slice(0, room - 1)}…` : box.label;
		const said = `${box.label}, ${words(state)}, ${this.noteOf(box)}`;
		const plain = this.parts.boxes.length > 150;
		const y = at.h / 2;
		return html`<a class="node${one ? '' : ' group'}${name === this.host.dataset['sel'] ? ' sel' : ''}" href="${this.hrefOf(box)}" data-box="${i}" tabindex="${i === 0 ? '0' : '-1'}" aria-label="${said}" transform="translate(${at.x.toFixed(1)} ${at.y.toFixed(1)})"><rect class="b" width="${at.w}" height="${at.h}" rx="8"/><use class="c-${state}" ${one ? html`data-cell="${this.run}.${name}"` : ''} href="${iconsHref()}#s-${state}" x="9" y="${y - 7}" width="14" height="14"/><text x="${LABEL_AT}" y="${plain ? y + 4 : y - 2}">${label}</text>${plain && one ? '' : html`<text class="s" x="${LABEL_AT}" y="${y + 13}">${this.noteOf(box)}</text>`}</a>`;
	}

	private paint(): void {
		const drawing = this.drawing!;
		const wide = drawing.width + 2 * PAD;
		const high = drawing.height + 2 * PAD;
		const size = this.zoom
			? `width:${wide * this.zoom}px;height:${high * this.zoom}px`
			: `width:100%;max-width:${wide}px;min-width:${Math.round(wide * 0.72)}px;height:auto`;
		const path = drawing.lines.map((line) => line.path).join('');
		put(
			this.host,
			html`${this.tools()}<svg data-css="${size}" viewBox="0 0 ${wide} ${high}" role="group" aria-label="Graph, ${many(this.parts.boxes.length, 'node')}"><g transform="translate(${PAD} ${PAD})"><path class="edge" d="${path}"/><path class="edge on" d=""/>${this.parts.boxes.map((box, i) => this.node(box, i))}</g></svg>`,
		);
	}

	private tools(): Markup {
		if (this.isSmall) return html``;
		const way = this.path;
		const some = this.chosen.length < this.tasks.length ? `${count(this.chosen.length)} of ${many(this.tasks.length, 'task')}` : '';
		return html`<div class="tools">${this.said || some ? html`<span class="chip" role="status">${this.said || some}</span>` : ''}${
			way.length > 0
				? html`<button class="btn small" type="button" data-graph-up>${icon('fit')}All ${many(this.tasks.length, 'task')}</button>`
				: ''
		}<button class="btn small square" type="button" data-graph-zoom="-1" aria-label="Smaller">−</button><button class="btn small square" type="button" data-graph-zoom="1" aria-label="Larger">+</button><button class="btn small" type="button" data-graph-zoom="0">Fit</button></div>`;
	}

	// The edges of what one looks at.
	private light(target: Element | null): void {
		const at = target?.closest<SVGElement>('[data-box]')?.dataset['box'];
		const lines = at === undefined ? [] : this.drawing!.lines.filter((l) => l.from === +at || l.to === +at);
		const path = lines.map((line) => line.path).join('');
		const edge = find<SVGPathElement>('.edge.on', this.host);
		if (edge && edge.getAttribute('d') !== path) edge.setAttribute('d', path);
	}

	// --- moving

	zoomBy(step: number): void {
		const svg = find<SVGElement>('svg[role="group"]', this.host);
		if (!svg || !this.drawing) return;
		const now = this.zoom || svg.getBoundingClientRect().width / (this.drawing.width + 2 * PAD);
		this.zoom = step === 0 ? 0 : Math.min(4, Math.max(0.1, now * ZOOM ** step));
		this.paint();
	}

	refilter(text: string): void {
		const address = new URL(location.href);
		for (const name of ['root', 'up', 'down']) address.searchParams.delete(name);
		if (text.trim()) address.searchParams.set('q', text);
		else address.searchParams.delete('q');
		address.hash = '';
		const isLoaded = this.key !== '';
		history.replaceState(null, '', address);
		this.key = this.key.replace(/\n[^\n]*$/, '\n');
		this.zoom = 0;
		if (isLoaded) this.arrange();
	}

	private open(href: string): void {
		history.pushState(null, '', href);
		this.zoom = 0;
		this.arrange();
		find<SVGElement>('[data-box="0"]', this.host)?.focus();
	}

	private onClick(e: MouseEvent): void {
		const target = e.target as Element;
		const zoom = target.closest<HTMLElement>('[data-graph-zoom]')?.dataset['graphZoom'];
		const group = target.closest<SVGElement>('.node.group');
		if (zoom !== undefined) this.zoomBy(Number(zoom));
		else if (target.closest('[data-graph-up]')) {
			this.open(location.pathname + location.search);
		} else if (group && location.search.includes('view=graph') && !e.metaKey && !e.ctrlKey) {
			e.preventDefault();
			this.open(new URL(group.getAttribute('href') ?? '', location.href).hash);
		}
	}

	private onKey(e: KeyboardEvent): void {
		const at = (e.target as Element).closest<SVGElement>('[data-box]')?.dataset['box'];
		if (at === undefined || e.metaKey || e.ctrlKey || e.altKey) return;
		const next = this.neighbour(Number(at), e.key);
		if (next === undefined) return;
		e.preventDefault();
		for (const node of this.host.querySelectorAll('[data-box][tabindex="0"]')) node.setAttribute('tabindex', '-1');
		const node = find<SVGElement>(`[data-box="${next}"]`, this.host);
		node?.setAttribute('tabindex', '0');
		node?.focus();
		node?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
	}

	// Left and right follow the edges, up and down stay in the column.
	private neighbour(from: number, key: string): number | undefined {
		const boxes = this.drawing!.boxes;
		const near = (list: number[]) =>
			list.sort((a, b) => Math.abs(boxes[a]!.y - boxes[from]!.y) - Math.abs(boxes[b]!.y - boxes[from]!.y))[0];
		const { edges } = this.parts;
		if (key === 'ArrowRight') return near(edges.flatMap(([a, b]) => (a === from ? [b] : [])));
		if (key === 'ArrowLeft') return near(edges.flatMap(([a, b]) => (b === from ? [a] : [])));
		const column = boxes
			.map((box, i) => ({ i, y: box.y, layer: box.layer }))
			.filter((box) => box.layer === boxes[from]!.layer)
			.sort((a, b) => a.y - b.y);
		const place = column.findIndex((box) => box.i === from);
		if (key === 'ArrowDown') return column[place + 1]?.i;
		if (key === 'ArrowUp') return column[place - 1]?.i;
		if (key === 'Home') return 0;
		if (key === 'End') return boxes.length - 1;
		return undefined;
	}

	// --- live: the nodes of tasks are cells like any others; a group sums up what is in it

	take(facts: readonly Fact[]): void {
		let mine = false;
		for (const fact of facts) {
			if (fact.kind !== 'task.state' || fact.run !== this.run || !fact.task || !fact.to) continue;
			this.states[fact.task] = fact.to;
			mine = true;
		}
		const moves = this.filter.includes('state:');
		if (!mine || this.timer || (!moves && this.parts.boxes.every((box) => box.tasks.length === 1))) return;
		this.timer = setTimeout(() => {
			this.timer = 0;
			if (moves) this.arrange();
			else this.repaintGroups();
		}, REPAINT_MS);
	}

	private repaintGroups(): void {
		this.parts.boxes.forEach((box, i) => {
			const node = find<SVGElement>(`[data-box="${i}"]`, this.host);
			const use = node && find<SVGUseElement>('use', node);
			const note = node && find<SVGTextElement>('text.s', node);
			const state = this.stateOf(box);
			use?.setAttribute('class', `c-${state}`);
			use?.setAttribute('href', `${iconsHref()}#s-${state}`);
			if (note) note.textContent = this.noteOf(box);
		});
	}
}

let view: GraphView | null = null;

function attach(): void {
	const host = find('[data-graph]');
	if (!host) view = null;
	else if (view?.host !== host) view = new GraphView(host);
	void view?.update();
}

function onFilter(e: Event): void {
	const input = (e.target as Element).closest<HTMLInputElement>('[data-graph-filter]');
	if (input) view?.refilter(input.value);
}

export const zoomGraph = (step: number): void => view?.zoomBy(step);

export function startGraph(): void {
	attach();
	onRefresh(attach);
	onFacts((facts) => view?.take(facts));
	document.addEventListener('input', onFilter);
	addEventListener('popstate', attach);
}
