// Light or dark: what the system says until the switch is used, which this device remembers.
import { all, find, keep, prepareWith } from './dom';
import { iconsHref } from './html';

const root = document.documentElement;
const system = matchMedia('(prefers-color-scheme: dark)');
const isDark = (): boolean => (root.dataset['theme'] ?? (system.matches ? 'dark' : 'light')) === 'dark';

function show(within: ParentNode): void {
	for (const button of all('[data-theme-toggle]', within))
		find<SVGUseElement>('use', button)?.setAttribute('href', `${iconsHref()}#${isDark() ? 'sun' : 'moon'}`);
}

export function toggleTheme(): void {
	root.dataset['theme'] = isDark() ? 'light' : 'dark';
	keep('theme', root.dataset['theme']);
	show(document);
}

export function startTheme(): void {
	prepareWith(show);
	system.addEventListener('change', () => show(document));
	document.addEventListener('click', (e) => {
		if ((e.target as Element).closest('[data-theme-toggle]')) toggleTheme();
	});
}
