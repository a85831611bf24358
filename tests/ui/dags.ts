// The DAG files of these tests.
export const CHAIN = `
id: chain
description: Three steps, the second of which breaks until a file is there
owner: platform
tags: [nightly, finance]
tasks:
  extract:
    command: |
      for i in 1 2 3; do printf '\\033[32mINFO\\033[0m read part %s\\n' $i; done
  load:
    command: |
      echo loading
      test -e "$FLAG" || { echo 'no flag, no load' >&2; exit 3; }
    depends_on: [extract]
    env: {FLAG: FLAGFILE}
  report:
    command: echo done
    depends_on: [load]
`;

// Goes on until it is told to stop: the file that it waits for is its gate.
export const GATED = `
id: gated
tasks:
  talk:
    command: |
      i=0
      while ! test -e "$GATE"; do i=$((i + 1)); echo "line $i"; sleep 0.05; done
    env: {GATE: GATEFILE}
  after:
    command: echo after
    depends_on: [talk]
`;

export const BROKEN = `
id: broken
tasks:
  a:
    comand: echo hello
`;

export function wide(id: string, count: number, layers: number): string {
	const each = count / layers;
	const rows = Array.from({ length: count }, (_, i) =>
		i < each
			? `  - {id: t_${i}, empty: }`
			: `  - {id: t_${i}, empty: , depends_on: [t_${i - each}]}`,
	);
	return `id: ${id}\ntasks:\n${rows.join('\n')}\n`;
}
