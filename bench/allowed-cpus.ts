/** CPUs as Linux lists them. */

/** Those that a process may use, from its /proc/PID/status; none if that does not say. */
export function allowedCpus(status: string): readonly number[] {
  return parseCpuList(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '');
}

/** `0-3,8`. What is no number is left out. */
export function parseCpuList(list: string): readonly number[] {
  return list
    .trim()
    .split(',')
    .flatMap((range) => {
      const [first = Number.NaN, last = first] = range.split('-').map((word) => Number.parseInt(word, 10));
      return Number.isNaN(first) || Number.isNaN(last)
        ? []
        : Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at);
    });
}
