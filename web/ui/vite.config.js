// One script, one style, the sprite and the icon, under names that carry a hash of what is in them,
// and a manifest that says which is which: the daemon embeds them and sends them as immutable.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const hashed = (name, source) =>
	`assets/${name.replace('.', `-${createHash('sha256').update(source).digest('hex').slice(0, 10)}.`)}`;

// Lengths that the daemon writes as classes: hN and HN are heights in px, wN widths and lN places in
// per cent.
const STEPS = [['h', 'height', 24, 'px'], ['H', 'height', 50, 'px'], ['w', 'width', 100, '%'], ['l', 'left', 100, '%']];

const steps = {
	name: 'heddle-steps',
	resolveId: (id) => (id === 'virtual:steps.css' ? id : undefined),
	load: (id) =>
		id === 'virtual:steps.css'
			? STEPS.flatMap(([name, property, most, unit]) =>
					Array.from({ length: most + 1 }, (_, i) => `.${name}${i}{${property}:${i}${unit}}`),
				).join('\n')
			: undefined,
};

const images = {
	name: 'heddle-images',
	generateBundle(_, bundle) {
		const manifest = {};
		for (const file of Object.values(bundle)) {
			if (file.type === 'chunk') manifest[file.name === 'early' ? 'early' : 'script'] = file.fileName;
			else if (file.fileName.endsWith('.css')) manifest.style = file.fileName;
		}
		for (const [key, name] of [['icons', 'icons.svg'], ['favicon', 'favicon.svg']]) {
			const source = readFileSync(new URL(`src/${name}`, import.meta.url));
			manifest[key] = hashed(name, source);
			this.emitFile({ type: 'asset', fileName: manifest[key], source });
		}
		const sorted = Object.fromEntries(Object.entries(manifest).sort());
		this.emitFile({ type: 'asset', fileName: 'manifest.json', source: `${JSON.stringify(sorted, null, '\t')}\n` });
	},
};

export default {
	publicDir: false,
	plugins: [steps, images],
	build: {
		target: 'es2022',
		cssTarget: ['chrome125', 'firefox128', 'safari18'],
		cssMinify: true,
		modulePreload: false,
		assetsInlineLimit: 0,
		rolldownOptions: {
			input: { heddle: 'src/main.ts', early: 'src/early.ts' },
			output: {
				hashCharacters: 'hex',
				entryFileNames: 'assets/[name]-[hash].js',
				assetFileNames: 'assets/heddle-[hash][extname]',
			},
		},
	},
};
