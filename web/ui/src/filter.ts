// The filter of a list lives in the address: it survives a reload and can be sent to somebody. What is
// typed is looked for by the daemon; without script the field is a form.
import { find } from './dom';
import { refreshSoon } from './live';

const TYPING_MS = 180;

let timer = 0;

function apply(input: HTMLInputElement): void {
	const address = new URL(location.href);
	const text = input.value.trim();
	if (text) address.searchParams.set(input.name, text);
	else address.searchParams.delete(input.name);
	address.searchParams.delete('cursor');
	history.replaceState(null, '', address);
	refreshSoon();
}

export function startFilter(): void {
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
