// What makes a page that the daemon has rendered live. A fact changes the cells it names at once, in
// the next frame; all else (sentences, lists, durations) follows by the same page, asked for again and
// morphed in, never more than once a second and never so often that the daemon works for it alone.
import { getText } from './api';
import { all, find, perFrame, prepare } from './dom';
import { applyCss, html, icon, iconsHref, parsePage, put } from './html';
import { morphInto } from './morph';
import { showLight, startStream, type Fact } from './stream';
import { instant } from './time';

const GATHER_MS = 60; // a change seldom comes alone
const BETWEEN_MS = 1_000;
const WORK_SHARE = 5; // about a fifth of the time is spent on asking, on a machine that is slow less often
const BETWEEN_MAX_MS = 4_000;

const listeners: ((facts: readonly Fact[]) => void)[] = [];
const afterRefresh: (() => void)[] = [];

export const onFacts = (listener: (facts: readonly Fact[]) => void): void => void listeners.push(listener);
export const onRefresh = (listener: () => void): void => void afterRefresh.push(listener);

// --- cells

let waiting = new Map<string, string>(); // cell -> state, until the next frame
let cells: Map<string, Element[]> | null = null; // made anew after each refresh

function cellsOf(key: string): Element[] {
	if (!cells) {
		cells = new Map();
		for (const cell of all<Element>('[data-cell]')) {
			const name = cell.getAttribute('data-cell') ?? '';
			const known = cells.get(name);
			if (known) known.push(cell);
			else cells.set(name, [cell]);
		}
	}
	return cells.get(key) ?? [];
}

function setState(cell: Element, state: string): void {
	const before = cell.getAttribute('class') ?? '';
	const after = before.replace(/(^|\s)([cp])-[a-z_]+/, `$1$2-${state}`);
	if (before === after) return;
	cell.setAttribute('class', after);
	cell.classList.add('changed');
	cell.addEventListener('animationend', () => cell.classList.remove('changed'), { once: true });
	(cell.localName === 'use' ? cell : cell.querySelector('use'))?.setAttribute('href', `${iconsHref()}#s-${state}`);
}

const paintCells = perFrame(() => {
	for (const [key, state] of waiting) for (const cell of cellsOf(key)) setState(cell, state);
	waiting = new Map();
});

function noteState(fact: Fact): void {
	if (!fact.run || !fact.to) return;
	if (fact.kind === 'task.state' && fact.task) waiting.set(`${fact.run}.${fact.task}`, fact.to);
	else if (fact.kind === 'run.state') waiting.set(fact.run, fact.to);
}

// --- the page again

const [, place, subject] = location.pathname.split('/').map(decodeURIComponent);

function concerns(fact: Fact): boolean {
	if (fact.kind === 'errors') return place !== 'runs';
	if (!subject) return true;
	if (place === 'runs' && fact.run) return fact.run.startsWith(subject);
	if (place === 'dags' && fact.dag) return fact.dag === subject;
	return true;
}

let timer = 0;
let busy = false;
let stale = false;
let notBefore = 0;

let goodAt = Date.now(); // what is shown was true then

// What was loaded stays; above it stands since when it is old, why, and how to try again.
function showStale(why: string): void {
	let banner = find('.banner[data-own]');
	if (!why || find('.oops')) {
		banner?.remove();
		return;
	}
	if (!banner) {
		banner = document.createElement('div');
		banner.className = 'banner';
		banner.setAttribute('role', 'alert');
		banner.dataset['own'] = '';
		find('#main')?.prepend(banner);
	}
	put(banner, html`${icon('alert')}<p class="sp"><b>As of ${instant(goodAt, 'clock')}:</b> ${why}</p><button type="button" class="btn small">Retry</button>`);
	find('button', banner)!.onclick = refreshSoon;
}

async function refresh(): Promise<void> {
	busy = true;
	stale = false;
	const began = performance.now();
	try {
		showPage(parsePage(await getText(location.pathname + location.search, 'text/html')));
		goodAt = Date.now();
		showStale('');
	} catch (trouble) {
		showStale((trouble as Error).message);
	}
	const took = performance.now() - began;
	notBefore = performance.now() + Math.min(BETWEEN_MAX_MS, Math.max(BETWEEN_MS, took * WORK_SHARE));
	busy = false;
	if (stale) refreshSoon();
}

export function refreshSoon(): void {
	stale = true;
	if (busy || timer || document.hidden) return;
	timer = setTimeout(
		() => {
			timer = 0;
			void refresh();
		},
		Math.max(GATHER_MS, notBefore - performance.now()),
	);
}

function showPage(page: Document): void {
	const old = find('.shell');
	const wanted = find('.shell', page);
	if (!old || !wanted) return;
	prepare(page);
	const heldBack = morphInto(old, wanted);
	if (document.title !== page.title) document.title = page.title;
	applyCss(old);
	cells = null;
	showLight();
	if (heldBack) addEventListener('pointerout', refreshSoon, { once: true });
	for (const listener of afterRefresh) listener();
}

// The page of another address in place of one part of this one: a click on a cell loads only its panel.
export async function loadPart(address: string, css: string): Promise<void> {
	find(css)?.setAttribute('aria-busy', 'true');
	const page = parsePage(await getText(address, 'text/html').finally(() => find(css)?.removeAttribute('aria-busy')));
	const old = find(css);
	const wanted = find(css, page);
	if (!old || !wanted) return;
	prepare(wanted);
	morphInto(old, wanted);
	applyCss(old);
	cells = null;
	for (const listener of afterRefresh) listener();
}

function onNewFacts(facts: readonly Fact[]): void {
	const mine = facts.filter(concerns);
	for (const fact of mine) noteState(fact);
	if (waiting.size > 0) paintCells();
	if (mine.length > 0) refreshSoon();
	for (const listener of listeners) listener(mine);
}

export function startLive(): void {
	applyCss(document.body);
	startStream({ facts: onNewFacts, missed: refreshSoon, back: () => find('.banner[data-own]') && refreshSoon(), away: () => showStale('the daemon does not answer; trying again') });
	document.addEventListener('visibilitychange', () => {
		if (!document.hidden && stale) refreshSoon();
	});
}
