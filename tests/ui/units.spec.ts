// What needs neither daemon nor browser.
import { expect, test } from '@playwright/test';
import { ansi } from '../../web/ui/src/ansi.ts';
import { BOXES_MAX, boxesOf, type GraphTask } from '../../web/ui/src/groups.ts';
import { html } from '../../web/ui/src/html.ts';
import { Selection } from '../../web/ui/src/select.ts';
import { layered } from '../../web/ui/src/layered.ts';

const task = (id: string, depends_on: string[] = [], group: string | null = null): GraphTask => ({
	id,
	action: 'command',
	group,
	depends_on,
});

test('markup escapes every value', () => {
	expect(html`<b title="${'"x'}">${'<script>&'}${[1, html`<i></i>`, null]}</b>`.text).toBe(
		'<b title="&quot;x">&lt;script&gt;&amp;1<i></i></b>',
	);
});

test('colours of a log line become classes, other escapes vanish', () => {
	expect(ansi('\x1b[1;31mERROR\x1b[0m <a> \x1b[2J\x1b]0;title\x07done').text).toBe(
		'<span class="ab a1">ERROR</span> &lt;a&gt; done',
	);
	expect(ansi('\x1b[38;5;196mx\x1b[32my').text).toBe('x<span class="a2">y</span>');
	expect(ansi('\x1b]8;;http://x\x1b\\link\x1b').text).toBe('link');
});

test('what is looked for is marked in the text, not in its markup', () => {
	expect(ansi('a & amp', 'amp').text).toBe('a &amp; <mark>amp</mark>');
	expect(ansi('<x> <X>', '<x').text).toBe('<mark>&lt;x</mark>&gt; <mark>&lt;X</mark>&gt;');
});

test('a small graph shows every task', () => {
	const { boxes, edges } = boxesOf([task('a'), task('b', ['a']), task('c', ['a', 'b'])], []);
	expect(boxes.map((box) => box.label)).toEqual(['a', 'b', 'c']);
	expect(edges).toEqual([
		[0, 1],
		[0, 2],
		[1, 2],
	]);
});

const PIPE = [
	task('extract_a'),
	task('extract_b', [], 'in'),
	task('join', ['extract_a', 'extract_b']),
	task('check', ['join']),
	task('load', ['check'], 'out'),
	task('notify', ['load']),
	task('audit', ['extract_b']),
];

for (const [text, wanted] of [
	['', 'extract_a extract_b join check load notify audit'],
	['extract', 'extract_a extract_b'],
	['EXTRACT b', 'extract_b'],
	['*_a', 'extract_a'],
	['group:out', 'load'],
	['state:failed', 'check'],
	['name:o*', ''],
	['+join', 'extract_a extract_b join'],
	['join+', 'join check load notify'],
	['join+2', 'join check load'],
	['1+join+1', 'extract_a extract_b join check'],
	['+extract*', 'extract_a extract_b'],
	['extract_b => load', 'extract_b join check load'],
	['extract_a=>audit', ''],
	['extract_a => check => notify', 'extract_a join check load notify'],
	['=> check', 'extract_a extract_b join check'],
	['+load state:failed', 'check'],
	['a[', ''],
	['"', 'extract_a extract_b join check load notify audit'],
] as const)
	test(`a graph filtered by ${text || 'nothing'}`, () => {
		const found = new Selection(PIPE, (id) => (id === 'check' ? 'failed' : 'success')).select(text);
		expect(PIPE.flatMap((one, i) => (found.has(i) ? [one.id] : [])).join(' ')).toBe(wanted);
	});

test('a filter of a graph says which keys there are', () => {
	expect(() => new Selection(PIPE, () => 'none').select('owner:x')).toThrow("no filter 'owner:'");
});

const shapes: [string, GraphTask[]][] = [
	['10,000 beside one another', Array.from({ length: 10_000 }, (_, i) => task(`t_${i}`))],
	['10,000 in a row', Array.from({ length: 10_000 }, (_, i) => task(`t_${i}`, i ? [`t_${i - 1}`] : []))],
	['100 x 100', Array.from({ length: 10_000 }, (_, i) => task(`t_${i}`, i < 100 ? [] : [`t_${i - 100}`]))],
	['400 of 20 groups', Array.from({ length: 400 }, (_, i) => task(`t_${i}`, [], `g${i % 20}`))],
	['500 unlike names', Array.from({ length: 500 }, (_, i) => task(`t_${i.toString(2).replace(/0/g, 'o').replace(/1/g, 'i')}`))],
];

for (const [name, tasks] of shapes)
	test(`a graph of ${name} is folded, and each group opens down to its tasks`, () => {
		let path: string[] = [];
		for (let depth = 0; ; depth++) {
			const { boxes, edges } = boxesOf(tasks, path);
			expect(boxes.length).toBeLessThanOrEqual(BOXES_MAX);
			expect(boxes.length).toBeGreaterThan(1);
			expect(depth).toBeLessThan(4);
			const drawing = layered(
				boxes.map((box) => ({ id: box.key, w: 100, h: 40 })),
				edges,
			);
			for (const line of drawing.lines)
				expect(drawing.boxes[line.from]!.layer).toBeLessThan(drawing.boxes[line.to]!.layer);
			const group = boxes.find((box) => box.tasks.length > 1);
			if (!group) break;
			path = [...path, group.key];
		}
	});

test('5,000 nodes are laid out in a moment', () => {
	const items = Array.from({ length: 5_000 }, (_, i) => ({ id: `n${i}`, w: 120, h: 40 }));
	const edges = items.flatMap((_, i): [number, number][] => (i < 50 ? [] : [[i - 50, i], ...(i % 4 ? [] : [[i - 49, i] as [number, number]])]));
	const began = performance.now();
	const drawing = layered(items, edges);
	expect(performance.now() - began).toBeLessThan(2_000);
	expect(drawing.boxes).toHaveLength(5_000);
	expect(Number.isFinite(drawing.width) && Number.isFinite(drawing.height)).toBe(true);
});
