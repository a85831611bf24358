// The daemon's HTTP API, as documented under /api/v1/openapi.json. A refusal becomes a Problem whose
// message is the daemon's own sentence.
import { find } from './dom';
import { parsePage } from './html';

export class Problem extends Error {
	constructor(
		message: string,
		readonly status: number,
	) {
		super(message);
	}
}

async function problemOf(answer: Response): Promise<Problem> {
	const kind = answer.headers.get('content-type') ?? '';
	if (kind.includes('html')) {
		const said = find('[role="alert"]', parsePage(await answer.text()).body)?.textContent;
		return new Problem(said ?? `the daemon answers ${answer.status}`, answer.status);
	}
	if (!kind.includes('json')) return new Problem((await answer.text()).slice(0, 300), answer.status);
	const body = (await answer.json()) as { detail?: string; title?: string };
	return new Problem(body.detail ?? body.title ?? `the daemon answers ${answer.status}`, answer.status);
}

async function ask(path: string, options: RequestInit): Promise<Response> {
	let answer: Response;
	try {
		answer = await fetch(path, { ...options, credentials: 'same-origin' });
	} catch (trouble) {
		if ((trouble as Error).name === 'AbortError') throw trouble;
		throw new Problem('the daemon does not answer', 0);
	}
	if (!answer.ok) throw await problemOf(answer);
	return answer;
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
	const answer = await ask(path, { headers: { Accept: 'application/json' }, ...(signal ? { signal } : {}) });
	return (await answer.json()) as T;
}

export async function getText(path: string, accept: string): Promise<string> {
	return (await ask(path, { headers: { Accept: accept } })).text();
}

// crypto.randomUUID is for secure contexts alone, and a daemon may be reached by plain HTTP.
const freshKey = (): string =>
	Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

// A change: with the page's own secret, which a foreign page cannot know, and with a key, so that a
// request sent twice is done once.
export async function change<T>(path: string, body: unknown, method = 'POST'): Promise<T> {
	const answer = await ask(path, {
		method,
		headers: {
			'Content-Type': 'application/json',
			Accept: 'application/json',
			'X-Heddle-CSRF': document.body.dataset['csrf'] ?? '',
			'Idempotency-Key': freshKey(),
		},
		body: JSON.stringify(body),
	});
	return (await answer.json()) as T;
}

export interface ServerEvent {
	id: string;
	kind: string;
	data: string;
}

// The stream has begun; start tells one start of the daemon from another.
export interface Opened {
	start: string;
}

const QUIET_MS = 40_000; // the daemon says something every 15 s

// Server-sent events (HTML, section 9.2.6). Unlike EventSource it begins after any id, sees the status
// of a refusal, takes events of every name, and notices a peer that has fallen silent.
export async function* events(path: string, lastId: string, signal: AbortSignal): AsyncGenerator<ServerEvent | Opened> {
	const quiet = new AbortController();
	let timer = setTimeout(() => quiet.abort(), QUIET_MS);
	const headers: Record<string, string> = { Accept: 'text/event-stream' };
	if (lastId) headers['Last-Event-ID'] = lastId;
	try {
		const answer = await ask(path, { headers, cache: 'no-store', signal: AbortSignal.any([signal, quiet.signal]) });
		yield { start: answer.headers.get('Heddle-Start') ?? '' };
		const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
		let text = '';
		for (;;) {
			const { done, value } = await reader.read();
			if (done) return;
			clearTimeout(timer);
			timer = setTimeout(() => quiet.abort(), QUIET_MS);
			const blocks = (text + value).split('\n\n');
			text = blocks.pop() ?? '';
			for (const block of blocks) {
				const event = parseEvent(block);
				if (event) yield event;
			}
		}
	} finally {
		clearTimeout(timer);
		quiet.abort();
	}
}

function parseEvent(block: string): ServerEvent | null {
	const event = { id: '', kind: 'message', data: '' };
	let some = false;
	for (const line of block.split('\n')) {
		if (line.startsWith('id: ')) event.id = line.slice(4);
		else if (line.startsWith('event: ')) event.kind = line.slice(7);
		else if (line.startsWith('data:')) event.data = line.slice(line[5] === ' ' ? 6 : 5);
		some ||= line !== '' && !line.startsWith(':');
	}
	return some ? event : null;
}
