// Makes one tree like another with the fewest changes, so that focus, selection and scroll stay. What
// has the same key (data-key, else id) is the same thing; what is marked data-keep belongs to a
// script: only its attributes follow while its key stays. What a script has added (data-own) stays.
const keyOf = (node: Node): string | null =>
	node instanceof Element ? (node.getAttribute('data-key') ?? (node.id || null)) : null;

const isSame = (a: Node, b: Node): boolean => a.nodeName === b.nodeName && keyOf(a) === keyOf(b);

const OWN = new Set(['style', 'data-live']); // set by script, never by the daemon
const OWN_CLASSES = ['changed', 'at', 'virtual', 'wrap'];

function morphClass(old: Element, wanted: string): void {
	const keptWords = OWN_CLASSES.filter((word) => old.classList.contains(word));
	const now = [wanted, ...keptWords].join(' ').trim();
	if ((old.getAttribute('class') ?? '') === now) return;
	const before = stateOf(old.getAttribute('class') ?? '');
	old.setAttribute('class', now);
	if (before && before !== stateOf(wanted)) old.classList.add('changed');
}

const stateOf = (names: string): string => /(?:^|\s)c-([a-z_]+)/.exec(names)?.[1] ?? '';

function morphAttributes(old: Element, wanted: Element): void {
	for (const { name } of Array.from(old.attributes))
		if (!wanted.hasAttribute(name) && !OWN.has(name) && name !== 'class') old.removeAttribute(name);
	for (const { name, value } of Array.from(wanted.attributes))
		if (name !== 'class' && !OWN.has(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
	morphClass(old, wanted.getAttribute('class') ?? '');
}

// An order never changes under the pointer: what came or went waits until it is elsewhere.
// Only lists are held: what has anything without a key in it is no list.
const isHeld = (element: Element, wanted: Element): boolean =>
	element.childElementCount > 0 &&
	element.matches(':hover') &&
	[...element.children, ...wanted.children].every((child) => child.hasAttribute('data-key'));

const isOwn = (node: Node): boolean => node instanceof Element && node.hasAttribute('data-own');

let heldBack = false;

function morphHeld(old: Element, wanted: Element): void {
	const rows = new Map(Array.from(old.children).map((row) => [keyOf(row), row]));
	const fresh = Array.from(wanted.children);
	for (const row of fresh) {
		const mine = rows.get(keyOf(row));
		if (mine) morph(mine, row);
	}
	const order = (list: Iterable<Element>) => Array.from(list, keyOf).join('\n');
	if (order(old.children) !== order(fresh)) heldBack = true;
}

function morphChildren(old: Element, wanted: Element): void {
	const keyed = new Map<string, Element>();
	for (const child of old.children) {
		const key = keyOf(child);
		if (key) keyed.set(key, child);
	}
	let at: ChildNode | null = old.firstChild;
	for (const child of Array.from(wanted.childNodes)) {
		const key = keyOf(child);
		while (at && isOwn(at)) at = at.nextSibling;
		const known: ChildNode | null | undefined = key ? keyed.get(key) : at;
		if (known && isSame(known, child)) {
			if (known === at) at = at.nextSibling;
			else old.insertBefore(known, at);
			morph(known, child);
		} else {
			old.insertBefore(document.importNode(child, true), at);
		}
	}
	while (at) {
		const next: ChildNode | null = at.nextSibling;
		if (!isOwn(at)) at.remove();
		at = next;
	}
}

function morph(old: Node, wanted: Node): void {
	if (!(old instanceof Element) || !(wanted instanceof Element)) {
		if (old.nodeValue !== wanted.nodeValue) old.nodeValue = wanted.nodeValue;
		return;
	}
	if (old.nodeName === 'SCRIPT') return;
	if (old === document.activeElement && old instanceof HTMLInputElement) return;
	morphAttributes(old, wanted);
	if (old.hasAttribute('data-keep')) return;
	if (isHeld(old, wanted)) morphHeld(old, wanted);
	else morphChildren(old, wanted);
}

// Returns whether something was held back, so that the caller asks again later.
export function morphInto(old: Element, wanted: Element): boolean {
	heldBack = false;
	morph(old, wanted);
	return heldBack;
}
