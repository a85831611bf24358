// SGR escapes to spans with classes: 16 colours, bold, dim, italic, underline.
// Everything else an escape can ask for (cursor moves, titles, links) is dropped.
import { Markup, escape } from './html';

const OTHER = /\x1b(?:\[[0-9;?]*[A-Za-z]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.?)/g;

export function ansi(line: string, mark = ''): Markup {
	let out = '';
	let classes = new Set<string>();
	const pieces = line.split(/\x1b\[([0-9;]*)m/);
	pieces.forEach((piece, i) => {
		if (i % 2) {
			classes = apply(classes, piece);
			return;
		}
		const text = highlight(piece.replace(OTHER, ''), mark);
		if (text) out += classes.size ? `<span class="${[...classes].join(' ')}">${text}</span>` : text;
	});
	return new Markup(out);
}

const SWITCHES: Record<number, [string[], string[]]> = {
	1: [['ab'], []],
	2: [['ad'], []],
	3: [['ai'], []],
	4: [['au'], []],
	22: [[], ['ab', 'ad']],
	23: [[], ['ai']],
	24: [[], ['au']],
};

function colour(now: Set<string>, name: string): void {
	for (const c of now) if (/^a\d/.test(c)) now.delete(c);
	if (name) now.add(name);
}

// "38;5;196" and "38;2;R;G;B" ask for colours that we do not have: the numbers after them are no codes.
function skipped(codes: number[], at: number): number {
	if (codes[at] !== 38 && codes[at] !== 48) return 0;
	return codes[at + 1] === 5 ? 2 : codes[at + 1] === 2 ? 4 : 0;
}

function apply(before: Set<string>, text: string): Set<string> {
	const now = new Set(before);
	const codes = (text || '0').split(';').map(Number);
	for (let i = 0; i < codes.length; i++) {
		const code = codes[i] ?? 0;
		const change = SWITCHES[code];
		i += skipped(codes, i);
		if (code === 0) now.clear();
		else if (change) {
			for (const name of change[0]) now.add(name);
			for (const name of change[1]) now.delete(name);
		} else if (code === 39) colour(now, '');
		else if (code >= 30 && code <= 37) colour(now, `a${code - 30}`);
		else if (code >= 90 && code <= 97) colour(now, `a${code - 82}`);
	}
	return now;
}

// Marks are looked for in the text as it is, before it is escaped: a search for "amp" must not find "&".
function highlight(text: string, mark: string): string {
	if (!mark) return escape(text);
	let out = '';
	let from = 0;
	const low = text.toLowerCase();
	const wanted = mark.toLowerCase();
	for (let at = low.indexOf(wanted); at >= 0; at = low.indexOf(wanted, from)) {
		out += `${escape(text.slice(from, at))}<mark>${escape(text.slice(at, at + mark.length))}</mark>`;
		from = at + mark.length;
	}
	return out + escape(text.slice(from));
}
