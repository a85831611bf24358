// Small words for the document, and the one place that decides when to paint.
export const find = <T extends Element = HTMLElement>(css: string, within: ParentNode = document): T | null =>
	within.querySelector<T>(css);

export const all = <T extends Element = HTMLElement>(css: string, within: ParentNode = document): T[] =>
	Array.from(within.querySelectorAll<T>(css));

export const count = (n: number): string => n.toLocaleString('en');

// "1 line", "2 lines".
export const many = (n: number, one: string): string => `${count(n)} ${one}${n === 1 ? '' : 's'}`;

// However often the returned function is called, paint runs at most once a frame. A hidden tab has no
// frames: it paints when it is looked at again.
export function perFrame(paint: () => void): () => void {
	let asked = false;
	return () => {
		if (asked) return;
		asked = true;
		requestAnimationFrame(() => {
			asked = false;
			paint();
		});
	};
}

// What a module does to markup that came from the daemon before it is seen: to the page as it was
// loaded and to each newer one that is morphed into it. Must be idempotent.
type Preparation = (root: ParentNode) => void;
const preparations: Preparation[] = [];

export function prepareWith(preparation: Preparation): void {
	preparations.push(preparation);
	preparation(document);
}

export function prepare(root: ParentNode): void {
	for (const preparation of preparations) preparation(root);
}

const SAID_MS = 5_000;
const UNDO_MS = 12_000; // to read, and to reach the button

// One line at the bottom that goes away by itself, said to screen readers too; with a way back where
// there is one.
export function say(text: string, undo?: () => void): void {
	let box = find('#said');
	if (!box) {
		box = document.createElement('div');
		box.id = 'said';
		box.setAttribute('role', 'status');
		document.body.append(box);
	}
	const said = box;
	const line = document.createElement('span');
	const clear = () => {
		if (line.parentNode !== said) return;
		said.replaceChildren();
		said.className = '';
	};
	said.className = 'toast';
	line.textContent = text;
	said.replaceChildren(line);
	if (undo) said.append(undoButton(undo, clear));
	setTimeout(clear, undo ? UNDO_MS : SAID_MS);
}

function undoButton(undo: () => void, clear: () => void): HTMLElement {
	const button = document.createElement('button');
	button.type = 'button';
	button.className = 'btn small';
	button.textContent = 'Undo';
	button.onclick = () => {
		clear();
		undo();
	};
	return button;
}

// What is kept on this device; a browser that forbids it forgets.
export function kept(name: string): string | null {
	try {
		return localStorage.getItem(`heddle.${name}`);
	} catch {
		return null;
	}
}

export function keep(name: string, value: string): void {
	try {
		localStorage.setItem(`heddle.${name}`, value);
	} catch {
		/* the choice holds for this page */
	}
}
