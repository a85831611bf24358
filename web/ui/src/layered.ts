// A layered drawing, left to right: longest-path layers, barycentre order, then
// y by isotonic regression (pool adjacent violators), each a linear sweep. An
// edge over several layers gets a thin place of its own in each it crosses.
export interface Item {
	id: string;
	w: number;
	h: number;
}
export interface Placed extends Item {
	x: number;
	y: number;
	layer: number;
}
export interface Drawing {
	boxes: Placed[];
	lines: { from: number; to: number; path: string }[];
	width: number;
	height: number;
}

const SWEEPS = 8;

export function layered(
	items: readonly Item[],
	edges: readonly (readonly [number, number])[],
	gapX = 52,
	gapY = 14,
): Drawing {
	const real = items.length;
	const w = items.map((v) => v.w),
		h = items.map((v) => v.h);
	const below: number[][] = items.map(() => []),
		above: number[][] = items.map(() => []);
	const open = new Int32Array(real),
		depth: number[] = new Array<number>(real).fill(0);
	const next: number[][] = items.map(() => []);
	for (const [a, b] of edges) {
		next[a]!.push(b);
		open[b]!++;
	}
	const order: number[] = [];
	for (let i = 0; i < real; i++) if (open[i] === 0) order.push(i);
	for (let q = 0; q < order.length; q++) {
		const a = order[q]!;
		for (const b of next[a]!) {
			depth[b] = Math.max(depth[b]!, depth[a]! + 1);
			if (--open[b]! === 0) order.push(b);
		}
	}
	// What lies on a cycle is left in place: it is drawn, with its edges back.
	for (let i = 0; i < real; i++) if (open[i]! > 0) order.push(i);

	const via: number[][] = edges.map(([a, b]) => {
		const chain = [a];
		for (let k = depth[a]! + 1; k < depth[b]!; k++) {
			const id = w.length;
			w.push(0);
			h.push(2);
			depth.push(k);
			below.push([]);
			above.push([]);
			order.push(id);
			chain.push(id);
		}
		chain.push(b);
		for (let k = 1; k < chain.length; k++) {
			const p = chain[k - 1]!,
				c = chain[k]!;
			if (depth[c]! > depth[p]!) {
				below[p]!.push(c);
				above[c]!.push(p);
			}
		}
		return chain;
	});

	const rows: number[][] = [];
	for (const i of order) (rows[depth[i]!] ??= []).push(i);
	const at = new Float64Array(w.length);
	const mean = (near: number[], of: (i: number) => number, none: number) =>
		near.length ? near.reduce((sum, i) => sum + of(i), 0) / near.length : none;
	const number = (row: number[]) =>
		row.forEach((i, k) => {
			at[i] = k - row.length / 2;
		});
	rows.forEach(number);
	for (let s = 0; s < SWEEPS; s++) {
		const side = s % 2 ? below : above;
		for (let k = 0; k < rows.length; k++) {
			const row = rows[s % 2 ? rows.length - 1 - k : k]!;
			const key = new Map(row.map((i) => [i, mean(side[i]!, (j) => at[j]!, at[i]!)]));
			row.sort((a, b) => key.get(a)! - key.get(b)!);
			number(row);
		}
	}

	const x = new Float64Array(w.length),
		y = new Float64Array(w.length);
	let right = 0;
	for (const row of rows) {
		let y0 = 0;
		for (const i of row) {
			x[i] = right;
			y[i] = y0;
			y0 += h[i]! + gapY;
		}
		for (const i of row) y[i]! -= y0 / 2;
		const wide = Math.max(...row.map((i) => w[i]!));
		for (const i of row) if (i >= real) w[i] = wide; // a passing edge crosses the whole column
		right += wide + gapX;
	}
	const middle = (i: number) => y[i]! + h[i]! / 2;
	for (let s = 0; s < SWEEPS; s++) {
		for (let k = 0; k < rows.length; k++) {
			const row = rows[s % 2 ? rows.length - 1 - k : k]!;
			const offsets: number[] = [];
			let offset = 0;
			for (const i of row) {
				offsets.push(offset);
				offset += h[i]! + gapY;
			}
			const pools: { sum: number; count: number; from: number }[] = [];
			row.forEach((i, p) => {
				const side = s % 2 ? below : above;
				const wish = mean(side[i]!.length ? side[i]! : (s % 2 ? above : below)[i]!, middle, middle(i)) - h[i]! / 2;
				pools.push({ sum: wish - offsets[p]!, count: 1, from: p });
				for (
					let b = pools.at(-1)!, a = pools.at(-2);
					a && a.sum / a.count > b.sum / b.count;
					b = pools.at(-1)!, a = pools.at(-2)
				) {
					a.sum += b.sum;
					a.count += b.count;
					pools.pop();
				}
			});
			pools.forEach((pool, q) => {
				for (let p = pool.from; p < (pools[q + 1]?.from ?? row.length); p++)
					y[row[p]!] = pool.sum / pool.count + offsets[p]!;
			});
		}
	}

	const top = Math.min(...(y.length ? Array.from(y) : [0]));
	const boxes = items.map((v, i) => ({ ...v, x: x[i]!, y: y[i]! - top, layer: depth[i]! }));
	const lines = via.map((chain, e) => {
		let path = '';
		for (let k = 1; k < chain.length; k++) {
			const a = chain[k - 1]!,
				b = chain[k]!;
			const x0 = x[a]! + w[a]!,
				y0 = middle(a) - top,
				x1 = x[b]!,
				y1 = middle(b) - top,
				bend = Math.max(18, (x1 - x0) / 2);
			path += `${k === 1 ? `M${x0.toFixed(1)} ${y0.toFixed(1)}` : `L${x0.toFixed(1)} ${y0.toFixed(1)}`}C${(x0 + bend).toFixed(1)} ${y0.toFixed(1)} ${(x1 - bend).toFixed(1)} ${y1.toFixed(1)} ${x1.toFixed(1)} ${y1.toFixed(1)}`;
		}
		return { from: edges[e]![0], to: edges[e]![1], path };
	});
	return { boxes, lines, width: right - gapX, height: Math.max(0, ...boxes.map((b) => b.y + b.h)) };
}
