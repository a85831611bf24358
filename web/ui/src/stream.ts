// One stream of facts for all tabs of a browser. HTTP/1.1 allows six connections to a host, so a
// stream a tab would stop the seventh: a Web Lock picks the tab that holds the stream, and a
// BroadcastChannel hands each fact on. Each tab knows the last fact that it has seen, so whichever
// takes over goes on exactly there. A daemon that was started again may serve an older database (a
// backup that was put back): then facts are counted from where it stands, and each tab looks again.
import { Problem, events } from './api';
import { find } from './dom';
import { instant } from './time';

export interface Fact {
	fact: number;
	kind: string;
	run: string | null;
	dag: string | null;
	task: string | null;
	to: string | null;
}

export type Light = 'live' | 'trying' | 'paused' | 'signed-out';

type Message =
	| { what: 'facts'; facts: Fact[] }
	| { what: 'light'; light: Light; since: number; last: number; start: string }
	| { what: 'rewound'; last: number }
	| { what: 'hello' }
	| { what: 'signed out' };

interface Listener {
	facts(facts: Fact[]): void;
	missed(): void; // facts went by that this page has not seen and will not be told
	away(): void; // the daemon has not answered for a while
	back(): void; // it answers again
}

const LOCK = 'heddle.stream';
const TOPICS = 'run,task,attempt,dag,clock,hold,errors'; // errors of the folder are told only to who asks for them
const AWAY_MS = 30_000;
const STALE_MS = 3_000; // a daemon that starts again is back by then
const SIGN_OUT_MS = 500; // by then the daemon knows
const AGAIN_MIN_MS = 250;
const AGAIN_MAX_MS = 5_000;

const WORDS: Record<Light, string> = { live: 'Live', trying: 'Trying again', paused: 'Paused', 'signed-out': 'Signed out' };

let last = 0;
let start = ''; // of the daemon that what is shown comes from
let light: Light = 'trying';
let since = Date.now();
let listener: Listener;
let channel: BroadcastChannel;
let holding: AbortController | null = null; // this tab holds the stream, or waits for its turn
let awayTimer = 0;
let staleTimer = 0;

function explain(): string {
	if (light === 'live') return 'Connected: what happens is shown at once';
	if (light === 'paused') return 'Paused while nobody looks';
	if (light === 'signed-out') return 'This page is signed out: open the link that the daemon prints when it starts';
	return `The daemon has not answered since ${instant(since, 'clock')}; trying again`;
}

export function showLight(): void {
	const box = find('.live');
	if (!box || !channel) return;
	box.dataset['live'] = light;
	box.title = explain();
	const text = find('span', box);
	const words = light === 'trying' ? `${WORDS[light]} since ${instant(since, 'clock')}` : WORDS[light];
	if (text && text.textContent !== words) text.textContent = words;
}

function setLight(next: Light, at = Date.now()): void {
	const before = light;
	if (next !== light) since = at;
	light = next;
	showLight();
	if (next === before) return;
	clearTimeout(staleTimer);
	if (next === 'trying') staleTimer = setTimeout(() => listener.away(), STALE_MS);
	if (next === 'live') listener.back();
}

function tellLight(next: Light): void {
	setLight(next);
	channel.postMessage({ what: 'light', light, since, last, start } satisfies Message);
}

function noteStart(told: string): void {
	if (!told || told === start) return;
	start = told;
	listener.missed();
}

// The database of now ends before what was seen last.
function rewind(to: number): void {
	last = to;
	listener.missed();
}

function take(facts: Fact[]): void {
	const fresh = facts.filter((fact) => fact.fact > last || fact.fact === 0);
	for (const fact of fresh) last = Math.max(last, fact.fact);
	if (fresh.length > 0) listener.facts(fresh);
}

// Facts come in bursts: they are handed on together, once the reader has nothing more at hand.
async function read(signal: AbortSignal): Promise<void> {
	let gathered: Fact[] = [];
	let asked = false;
	const flush = () => {
		asked = false;
		const facts = gathered;
		gathered = [];
		channel.postMessage({ what: 'facts', facts } satisfies Message);
		take(facts);
	};
	for await (const event of events(`/api/v1/stream?topics=${TOPICS}`, String(last), signal)) {
		if ('start' in event) {
			noteStart(event.start);
			tellLight('live');
			continue;
		}
		if (event.kind === 'message' && event.id && Number(event.id) < last) {
			rewind(Number(event.id));
			channel.postMessage({ what: 'rewound', last } satisfies Message);
			continue;
		}
		gathered.push(factOf(event.kind, event.id, event.data));
		if (!asked) setTimeout(flush, 0);
		asked = true;
	}
	flush();
}

function factOf(kind: string, id: string, data: string): Fact {
	let fact: Partial<Fact> = {};
	try {
		fact = JSON.parse(data) as Partial<Fact>;
	} catch {
		/* an event without a body only says that something has changed */
	}
	return { run: null, dag: null, task: null, to: null, ...fact, kind, fact: Number(id) || 0 };
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
	new Promise((done) => {
		const timer = setTimeout(done, ms);
		signal.addEventListener('abort', () => {
			clearTimeout(timer);
			done();
		});
	});

async function hold(signal: AbortSignal): Promise<void> {
	let again = AGAIN_MIN_MS;
	while (!signal.aborted) {
		try {
			await read(signal);
			again = AGAIN_MIN_MS;
			if (!signal.aborted) tellLight('trying');
		} catch (trouble) {
			if (signal.aborted) return;
			if (light === 'live') again = AGAIN_MIN_MS;
			tellLight(trouble instanceof Problem && trouble.status === 401 ? 'signed-out' : 'trying');
		}
		await pause(again, signal);
		again = Math.min(AGAIN_MAX_MS, again * 2);
	}
}

function follow(): void {
	if (holding) return;
	const mine = (holding = new AbortController());
	if (!navigator.locks) void hold(mine.signal); // no secure context: a stream of its own
	else navigator.locks.request(LOCK, { signal: mine.signal }, () => hold(mine.signal)).catch(() => undefined);
	channel.postMessage({ what: 'hello' } satisfies Message);
}

function rest(): void {
	holding?.abort();
	holding = null;
	setLight('paused');
}

function onLight(message: Extract<Message, { what: 'light' }>): void {
	if (holding) setLight(message.light, message.since);
	noteStart(message.start);
	if (message.last > last) {
		last = message.last;
		listener.missed();
	}
}

function onMessage(message: Message): void {
	if (message.what === 'facts') take(message.facts);
	else if (message.what === 'signed out') setTimeout(() => location.reload(), SIGN_OUT_MS);
	else if (message.what === 'rewound') rewind(message.last);
	else if (message.what === 'light') onLight(message);
	else if (light === 'live') channel.postMessage({ what: 'light', light, since, last, start } satisfies Message);
}

// A tab that nobody looks at gives the stream to one that is; looked at again, it first catches up.
function onVisibility(): void {
	clearTimeout(awayTimer);
	if (document.hidden) {
		awayTimer = setTimeout(rest, AWAY_MS);
	} else if (!holding) {
		setLight('trying');
		follow();
		listener.missed();
	}
}

export function startStream(to: Listener): void {
	if (!find('.live')) return;
	listener = to;
	last = Number(document.body.dataset['fact'] ?? 0);
	start = document.body.dataset['start'] ?? '';
	channel = new BroadcastChannel(LOCK);
	channel.onmessage = (e) => onMessage(e.data as Message);
	document.addEventListener('visibilitychange', onVisibility);
	find('[data-sign-out]')?.addEventListener('submit', () => channel.postMessage({ what: 'signed out' } satisfies Message));
	addEventListener('pagehide', () => holding?.abort());
	addEventListener('pageshow', (e) => {
		if (!e.persisted) return;
		holding = null;
		follow();
		listener.missed();
	});
	if (!document.hidden) follow();
}

