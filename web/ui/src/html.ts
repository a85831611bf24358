// The only door through which text becomes markup. Every value is escaped
// unless it is Markup made here, so a log line or a task's name can never turn
// into an element. It owns the page's one Trusted Types policy.
export class Markup {
	constructor(readonly text: string) {}
}

type Value = Markup | readonly Value[] | string | number | false | null | undefined;

interface Policy {
	createHTML(text: string): string;
}

const policy = (globalThis as { trustedTypes?: { createPolicy(name: string, rules: Policy): Policy } })
	.trustedTypes?.createPolicy('heddle', { createHTML: (text) => text });

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export function escape(text: string): string {
	return text.replace(/[&<>"']/g, (c) => ESCAPES[c] ?? c);
}

function show(value: Value): string {
	if (value instanceof Markup) return value.text;
	if (Array.isArray(value)) return value.map(show).join('');
	if (value === false || value === null || value === undefined) return '';
	return escape(String(value));
}

export function html(parts: TemplateStringsArray, ...values: Value[]): Markup {
	let text = parts[0] ?? '';
	values.forEach((value, i) => {
		text += show(value) + (parts[i + 1] ?? '');
	});
	return new Markup(text);
}

// A style="" attribute is refused by our Content-Security-Policy; the CSSOM is
// not. So markup writes data-css="left:4%" and it is applied here.
export function applyCss(element: Element): void {
	for (const node of element.querySelectorAll<HTMLElement>('[data-css]')) {
		node.style.cssText = node.dataset['css'] ?? '';
	}
}

export function put(element: Element, markup: Markup): void {
	element.innerHTML = policy ? policy.createHTML(markup.text) : markup.text;
	applyCss(element);
}

// A page of the daemon, as it came: never in use before it was morphed in, so nothing in it runs.
export function parsePage(text: string): Document {
	return new DOMParser().parseFromString(policy ? policy.createHTML(text) : text, 'text/html');
}

export const iconsHref = (): string => document.body.dataset['icons'] ?? '/icons.svg';

export const icon = (name: string): Markup =>
	html`<svg class="icon" aria-hidden="true"><use href="${iconsHref()}#${name}"/></svg>`;

// A state's shape and colour; the words beside it say the state, so it has no name of its own.
export const shape = (state: string): Markup =>
	html`<svg class="st c-${state}" aria-hidden="true"><use href="${iconsHref()}#s-${state}"/></svg>`;

export const words = (state: string): string => state.replace(/_/g, ' ');

export const pill = (state: string, text: string = words(state)): Markup =>
	html`<span class="pill p-${state}">${shape(state)}${text}</span>`;
