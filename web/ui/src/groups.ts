// Which boxes a graph shows. Up to BOXES_MAX tasks each has its own; more are folded into closed
// groups, and a group that is opened shows what is in it, folded again when that is still too much.
// A group holds tasks of one layer, or of layers that follow one another, so folding closes no loop.
export const BOXES_MAX = 300;

export interface GraphTask {
	id: string;
	action: string;
	group: string | null;
	depends_on: readonly string[];
}

export interface Box {
	key: string;
	label: string;
	tasks: number[]; // positions in the tasks; one = the task itself
}

export interface Boxes {
	boxes: Box[];
	edges: [number, number][];
}

export function layersOf(tasks: readonly GraphTask[]): number[] {
	const place = new Map(tasks.map((task, i) => [task.id, i]));
	const next: number[][] = tasks.map(() => []);
	const open = tasks.map(() => 0);
	tasks.forEach((task, i) => {
		for (const id of task.depends_on) {
			const up = place.get(id);
			if (up === undefined) continue;
			next[up]!.push(i);
			open[i]!++;
		}
	});
	const layer = tasks.map(() => 0);
	const order = tasks.flatMap((_, i) => (open[i] === 0 ? [i] : []));
	for (let q = 0; q < order.length; q++)
		for (const i of next[order[q]!]!) {
			layer[i] = Math.max(layer[i]!, layer[order[q]!]! + 1);
			if (--open[i]! === 0) order.push(i);
		}
	return layer;
}

// "load_0042" and "load_0043" are alike but for their numbers.
const stemOf = (task: GraphTask): string => task.group ?? (task.id.replace(/\d+/g, '#').replace(/#[_-]?#/g, '#') || '#');

function gather(members: readonly number[], keyOf: (i: number) => string): Map<string, number[]> {
	const found = new Map<string, number[]>();
	for (const i of members) {
		const key = keyOf(i);
		const list = found.get(key);
		if (list) list.push(i);
		else found.set(key, [i]);
	}
	return found;
}

// The coarser ways come after the finer ones; the last always fits.
function fold(tasks: readonly GraphTask[], layer: readonly number[], members: readonly number[]): Map<string, number[]> {
	const byStem = gather(members, (i) => `${layer[i]}:${stemOf(tasks[i]!)}`);
	if (byStem.size > 1 && byStem.size <= BOXES_MAX) return byStem;
	const layers = new Set(members.map((i) => layer[i]!));
	if (layers.size > 1) {
		const wide = Math.ceil(layers.size / BOXES_MAX);
		return gather(members, (i) => `layers ${Math.floor(layer[i]! / wide)}`);
	}
	const most = Math.ceil(members.length / (BOXES_MAX - 50));
	const order = new Map(members.map((i, k) => [i, k]));
	return gather(members, (i) => `part ${Math.floor(order.get(i)! / most)}`);
}

// "load_0001 … 0040": of the last name only what differs.
function rangeOf(first: string, last: string): string {
	let same = 0;
	while (same < first.length && first[same] === last[same]) same++;
	while (same > 0 && /\d/.test(first[same - 1]!)) same--;
	return `${first} … ${last.slice(same)}`;
}

function nameGroup(tasks: readonly GraphTask[], list: readonly number[]): string {
	const first = tasks[list[0]!]!;
	const last = tasks[list.at(-1)!]!;
	if (list.length === 1) return first.id;
	if (first.group !== null && list.every((i) => tasks[i]!.group === first.group)) return first.group;
	return rangeOf(first.id, last.id);
}

// path: the keys of the groups that were opened, outermost first.
export function boxesOf(tasks: readonly GraphTask[], path: readonly string[]): Boxes {
	const layer = layersOf(tasks);
	let members = tasks.map((_, i) => i);
	let groups: Map<string, number[]> | null = null;
	for (let depth = 0; ; depth++) {
		groups = members.length > BOXES_MAX ? fold(tasks, layer, members) : null;
		const inner = path[depth] === undefined ? undefined : groups?.get(path[depth]!);
		if (!inner) break;
		members = inner;
	}
	const lists = groups ? [...groups] : members.map((i): [string, number[]] => [tasks[i]!.id, [i]]);
	const boxes = lists.map(([key, list]) => ({ key, label: nameGroup(tasks, list), tasks: list }));
	return { boxes, edges: edgesOf(tasks, boxes) };
}

function edgesOf(tasks: readonly GraphTask[], boxes: readonly Box[]): [number, number][] {
	const boxOf = new Map<string, number>();
	boxes.forEach((box, b) => {
		for (const i of box.tasks) boxOf.set(tasks[i]!.id, b);
	});
	const seen = new Set<number>();
	const edges: [number, number][] = [];
	boxes.forEach((box, b) => {
		for (const i of box.tasks)
			for (const id of tasks[i]!.depends_on) {
				const a = boxOf.get(id);
				if (a === undefined || a === b || seen.has(a * boxes.length + b)) continue;
				seen.add(a * boxes.length + b);
				edges.push([a, b]);
			}
	});
	return edges;
}
