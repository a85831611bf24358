// Runs before the first paint, as a plain script: a page that was chosen to be dark never flashes.
{
	const theme = localStorage.getItem('heddle.theme');
	if (theme === 'dark' || theme === 'light') document.documentElement.dataset['theme'] = theme;
	document.documentElement.classList.add('js');
}
