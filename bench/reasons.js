/**
 * Why a target is missed, by case and figure: printed below the table for each one that a run misses, with its value.
 *
 * @type {Readonly<Record<string, Partial<Record<import('./cases.js').Target['figure'], string>>>>}
 */
export const reasons = (() => {
  const start =
    'Node takes 21 to 25 ms before it runs a line of ours, reading the program with what V8 kept of it, the configuration and two requests as long again; a Go program is there after 5'
  const cold =
    'a start in Node, and code that runs a hundred times and no more: it is interpreted, where a Go program is compiled. Each of more than a hundred requests costs most of a millisecond of CPU, a little in each of some hundred functions'
  const tls = `${cold}; and over TLS each record of 16 KiB is a call into JavaScript, and Node 20 reads the 140 authorities that it brings, 30 ms, although another was named`
  const far =
    'round trips that wait for each other: HEAD, manifest, the manifests of an index, then POST and PUT for each blob in several rounds, the manifests, the index; and the CPU of the row without a delay'
  const bodies =
    'sha256 and the copies through the kernel are the same for all; what is above them is the start, and a turn of the event loop for each read and write of up to 1 MiB'
  const lists =
    'eleven pages one after the other, each with a parse and a run through the layers; what is taken off is the start until the first request, and the code of pages and output runs for the first time too'
  return {
    'small, unchanged': { wall: start },
    'many, unchanged': { wall: start },
    'big, unchanged': { wall: start },
    'multi, unchanged': { wall: start },
    'many, cold': { wall: cold, cpu: cold },
    'many, cold, TLS': { wall: tls },
    'big, cold': { wall: bodies, cpu: bodies },
    'big, cold, TLS': { wall: bodies },
    'big, each connection cut after 20 to 60 MiB': {
      memory:
        'probably the slabs of a body that was cut, which wait for the garbage collector while the connection that goes on takes its own (not measured apart)',
    },
    'multi, cold': { wall: cold },
    'multi, cold, TLS': { wall: tls },
    'many, cold, 20 ms': { wall: far },
    'multi, cold, 20 ms': { wall: far },
    'many, unchanged, 20 ms': { wall: start },
    '12 × 400 KiB, cold, 200 ms': { wall: far },
    '3 × 3 × 400 KiB, cold, 200 ms': { wall: far },
    '10,000 tags': { wall: lists },
    '2,000 repositories': { wall: lists },
  }
})()
