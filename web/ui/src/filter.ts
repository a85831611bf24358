// The filter of a list lives in the address: it survives a reload and can be sent to somebody. What is
// typed is looked for by the daemon; without script the field is a form.
// The last one of each list is remembered on this device: the place in the rail leads back to it.
import { all, find, keep, kept, prepareWith } from './dom';
import { refreshSoon } from './live';

const TYPING_MS = 180;

let timer = 0;

const LISTS = ['/dags', '/runs'];

function remember(): void {
	if (!LISTS.includes(location.pathname)) return;
	const query = new URLSearchParams(location.search);
	query.delete('cursor');
	keep(`filter.${location.pathname}`, query.toString());
	leadBack(document);
}

function leadBack(root: ParentNode): void {
	for (const link of all<HTMLAnchorElement>('.rail nav a', root)) {
		const place = (link.getAttribute('href') ?? '').split('?')[0] ?? '';
		const query = LISTS.includes(place) ? kept(`filter.${place}`) : null;
		link.setAttribute('href', query ? `${place}?${query}` : place);
	}
}

function withText(href: string, input: HTMLInputElement): URL {
	const address = new URL(href, location.href);
	const text = input.value.trim();
	if (text) address.searchParams.set(input.name, text);
	else address.searchParams.delete(input.name);
	address.searchParams.delete('cursor');
	return address;
}

// The chips beside the field keep what was just typed, also when one is pressed before the list is new.
function apply(input: HTMLInputElement): void {
	const address = withText(location.href, input);
	for (const chip of all<HTMLAnchorElement>('a.chip', input.form ?? document)) {
		const to = withText(chip.href, input);
		chip.setAttribute('href', to.pathname + to.search);
	}
	history.replaceState(null, '', address);
	remember();
	refreshSoon();
}

export function startFilter(): void {
	remember();
	prepareWith(leadBack);
	document.addEventListener('input', (e) => {
		const input = (e.target as Element).closest<HTMLInputElement>('input[data-filter]');
		if (!input) return;
		clearTimeout(timer);
		timer = setTimeout(() => apply(input), TYPING_MS);
	});
	document.addEventListener('submit', (e) => {
		const input = find<HTMLInputElement>('input[data-filter]', e.target as HTMLFormElement);
		if (!input) return;
		e.preventDefault();
		clearTimeout(timer);
		apply(input);
	});
}
