// What a filter of a graph selects. Each word must fit; "*" stands for anything.
//
//	load            tasks whose name holds it          load_*     that are called so
//	state:failed    likewise group: action: name:      "two words"
//	+load           it and all before it               2+load     two steps before it
//	load+           it and all after it                load+2     two steps after it; +load+1 both
//	a => b          all on a way from a to b           => b, a =>    all before b, after a
import type { GraphTask } from './groups';

type Places = Set<number>; // in the tasks

interface Web {
	up: number[][];
	down: number[][];
}

function webOf(tasks: readonly GraphTask[]): Web {
	const place = new Map(tasks.map((task, i) => [task.id, i]));
	const up = tasks.map((task) => task.depends_on.flatMap((id) => place.get(id) ?? []));
	const down: number[][] = tasks.map(() => []);
	up.forEach((list, i) => list.forEach((before) => down[before]!.push(i)));
	return { up, down };
}

// What is within so many steps of these, and these.
function reach(from: Places, next: readonly number[][], steps: number): Places {
	const found = new Set(from);
	let edge = [...from];
	for (let step = 0; step < steps && edge.length > 0; step++) {
		edge = edge.flatMap((i) => next[i]!).filter((i) => !found.has(i) && found.add(i));
	}
	return found;
}

const pattern = (text: string): RegExp =>
	new RegExp(`^${text.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&')).join('.*')}$`, 'is');

const isLike = (value: string, text: string): boolean =>
	text.includes('*') ? pattern(text).test(value) : value.toLowerCase() === text.toLowerCase();

const holds = (value: string, text: string): boolean =>
	text.includes('*') ? pattern(text).test(value) : value.toLowerCase().includes(text.toLowerCase());

const KEYS: Record<string, (task: GraphTask, state: string, text: string) => boolean> = {
	name: (task, _, text) => holds(task.id, text),
	id: (task, _, text) => holds(task.id, text),
	group: (task, _, text) => isLike(task.group ?? '', text),
	action: (task, _, text) => isLike(task.action, text),
	state: (_, state, text) => isLike(state, text),
};

export class Selection {
	private readonly web: Web;

	constructor(
		private readonly tasks: readonly GraphTask[],
		private readonly stateOf: (task: string) => string,
	) {
		this.web = webOf(tasks);
	}

	// Throws a sentence about what was typed.
	select(text: string): Places {
		const sides = text.split('=>');
		if (sides.length === 1) return this.words(text);
		const steps = sides.slice(1).map((side, i) => this.between(sides[i]!, side));
		return new Set(steps.flatMap((set) => [...set]));
	}

	private between(from: string, to: string): Places {
		const after = reach(this.words(from), this.web.down, Infinity);
		const before = reach(this.words(to), this.web.up, Infinity);
		return new Set([...after].filter((i) => before.has(i)));
	}

	private words(text: string): Places {
		const words = [...text.matchAll(/(?:[^\s"]|"[^"]*"?)+/g)].map((match) => match[0].replaceAll('"', ''));
		return words.map((word) => this.word(word)).reduce(
			(all, some) => new Set([...all].filter((i) => some.has(i))),
			new Set(this.tasks.keys()),
		);
	}

	private word(word: string): Places {
		const steps = /^(?:(\d*)(\+))?([^+]+?)(?:(\+)(\d*))?$/.exec(word);
		if (!steps || (!steps[2] && !steps[4])) return this.filter(word);
		const core = this.named(steps[3]!);
		const up = steps[2] ? reach(core, this.web.up, Number(steps[1] || Infinity)) : core;
		const down = steps[4] ? reach(core, this.web.down, Number(steps[5] || Infinity)) : core;
		return new Set([...up, ...down]);
	}

	// Steps are of one task where one is called exactly so.
	private named(name: string): Places {
		const exact = this.tasks.findIndex((task) => task.id === name);
		return exact >= 0 ? new Set([exact]) : this.filter(name);
	}

	private filter(word: string): Places {
		const [, key = 'name', text = ''] = /^(?:([a-z_]+):)?(.*)$/is.exec(word) ?? [];
		const fits = KEYS[key.toLowerCase()];
		if (!fits) throw new Error(`no filter '${key}:': there are name: group: action: state:`);
		return new Set(this.tasks.flatMap((task, i) => (text === '' || fits(task, this.stateOf(task.id), text) ? [i] : [])));
	}
}
