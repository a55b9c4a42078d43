import { seeded } from './statistics.js'

/**
 * @typedef {import('./proxy.js').Weather} Weather
 * @typedef {import('./images.js').Shape} Shape
 * @typedef {'wall' | 'cpu' | 'memory' | 'requests' | 'destinationRequests' | 'moved'} Figure
 * @typedef {{ figure: Figure, atMost: number, of?: string, afterStart?: boolean }} Target
 *   `of` a peer, or the `best` of the row; without it an absolute bound: MiB, requests, or times the content for `moved`.
 *   `afterStart`: our own start-up is taken off first.
 * @typedef {{
 *   group: string,
 *   title: string,
 *   image: string,
 *   kind: 'cold' | 'unchanged' | 'new tag' | 'killed' | 'tags' | 'repositories',
 *   clients: string[],
 *   targets: Target[],
 *   tls?: boolean,
 *   rounds?: number,
 *   warmUp?: boolean,
 *   source?: (round: number) => Weather,
 *   destination?: (round: number) => Weather,
 *   kills?: (round: number) => number[],
 *   lines?: number,
 * }} Case `lines`: how many a list must have; `kills`: seconds after the start of each run that is killed
 */

const MiB = 1024 * 1024
const peers = ['crane', 'skopeo', 'regctl', 'oras']
const memory = /** @type {const} */ ({ figure: 'memory', atMost: 100 })
const lean = /** @type {const} */ ({ figure: 'requests', atMost: 2 })

/**
 * Every image by name; `quick` makes the large ones a sixteenth.
 *
 * @param {boolean} quick
 * @returns {Record<string, Shape>}
 */
export function imageShapes(quick) {
  const large = quick ? 16 : 1
  return {
    small: { platforms: 1, layers: 5, size: 2 * MiB },
    many: { platforms: 1, layers: 40, size: MiB },
    big: { platforms: 1, layers: 4, size: (256 * MiB) / large },
    multi: { platforms: 6, layers: 4, size: 4 * MiB },
    twelve: { platforms: 1, layers: 12, size: 400 * 1024 },
    three: { platforms: 3, layers: 3, size: 400 * 1024 },
    one: { platforms: 1, layers: 1, size: (64 * MiB) / (quick ? 4 : 1) },
    four: { platforms: 1, layers: 4, size: 50 * MiB },
  }
}

/** How many manifests and new blobs an image has. @param {Shape} shape */
function partsOf({ platforms, layers }) {
  return { blobs: platforms * (layers + 1), manifests: platforms === 1 ? 1 : platforms + 1 }
}

/**
 * All cases of BENCH.md, in the order in which they run.
 *
 * @param {boolean} quick
 * @returns {Case[]}
 */
export function allCases(quick) {
  const shapes = imageShapes(quick)
  /** A POST and a PUT for each blob, a PUT for each manifest, and two more. @param {string} image @returns {Target} */
  const fewRequests = image => {
    const { blobs, manifests } = partsOf(shapes[image] ?? { platforms: 1, layers: 1, size: 0 })
    return { figure: 'destinationRequests', atMost: 2 * blobs + manifests + 2 }
  }
  /** @param {string} group @param {Target[]} targets @param {Partial<Case>} [more] @returns {Case} */
  const cold = (group, targets, more = {}) => {
    const image = more.image ?? group
    const all = [...targets, memory, fewRequests(image)]
    return { group, title: `${group}, cold`, image, kind: 'cold', clients: peers, ...more, targets: all }
  }
  /** @param {string} group @param {Target[]} targets @param {Partial<Case>} [more] @returns {Case} */
  const unchanged = (group, targets, more = {}) => {
    const base = { group, title: `${group}, unchanged`, image: group, kind: /** @type {const} */ ('unchanged') }
    return { ...base, clients: peers, targets: [...targets, memory, lean], ...more }
  }
  /** @param {number} roundTrip seconds */
  const far = roundTrip => {
    const weather = () => ({ roundTrip })
    return { source: weather, destination: weather }
  }
  const near = { ...far(0.02), clients: [...peers, 'crane -j 8'] }
  const nearTls = { ...far(0.02), rounds: 3, tls: true }
  const distant = { ...far(0.2), rounds: 3, warmUp: false }
  const tls = { tls: true }
  const quicker = { figure: /** @type {const} */ ('wall'), of: 'skopeo', atMost: 0.8 }
  const short = { warmUp: false, rounds: 3 }

  return [
    cold('small', []),
    unchanged('small', [quicker]),
    cold('many', [wall('best', 0.9), { ...cpu('crane', 1), afterStart: true }]),
    unchanged('many', [quicker]),
    cold('many', [wall('crane', 0.85)], { ...tls, group: 'many-tls', title: 'many, cold, TLS', image: 'many' }),
    cold('big', [wall('best', 0.97), cpu('crane', 0.9)]),
    unchanged('big', [quicker]),
    cold('big', [wall('skopeo', 0.92)], {
      ...tls,
      group: 'big-tls',
      title: 'big, cold, TLS',
      image: 'big',
      clients: [...peers, 'crane, HTTP/1.1'],
    }),
    cold('multi', [wall('best', 1)]),
    unchanged('multi', [quicker]),
    { ...unchanged('multi', []), title: 'multi, new tag', kind: 'new tag', targets: [memory] },
    cold('multi', [wall('crane', 0.85)], { ...tls, group: 'multi-tls', title: 'multi, cold, TLS', image: 'multi' }),

    cold('far', [wall('crane', 0.45)], { ...near, title: 'many, cold, 20 ms', image: 'many' }),
    cold('far', [wall('crane', 0.6)], { ...near, title: 'multi, cold, 20 ms', image: 'multi' }),
    unchanged('far', [wall('crane', 0.75)], { ...near, title: 'many, unchanged, 20 ms', image: 'many' }),
    cold('far-tls', [], { ...nearTls, title: 'many, cold, 20 ms, TLS', image: 'many' }),
    cold('far-tls', [], { ...nearTls, title: 'multi, cold, 20 ms, TLS', image: 'multi' }),
    cold('far200', [wall('best', 0.5)], { ...distant, title: '12 × 400 KiB, cold, 200 ms', image: 'twelve' }),
    cold('far200', [wall('best', 0.6)], { ...distant, title: '3 × 3 × 400 KiB, cold, 200 ms', image: 'three' }),
    unchanged('far200', [], { ...distant, title: '12 × 400 KiB, unchanged, 200 ms', image: 'twelve' }),
    cold('far200-tls', [], {
      ...distant,
      ...tls,
      title: '12 × 400 KiB, cold, 200 ms, TLS',
      image: 'twelve',
      clients: ['crane', 'skopeo'],
    }),

    cold('throttled', [wall('best', 0.33)], {
      ...short,
      title: '64 MiB, 4 MiB/s a connection of the source',
      image: 'one',
      clients: ['crane', 'skopeo'],
      source: () => ({ rate: 4 * MiB }),
    }),
    {
      ...cold('lossy', []),
      ...short,
      title: 'big, each connection cut after 20 to 60 MiB',
      image: 'big',
      targets: [memory, { figure: 'moved', atMost: 1.1 }],
      source: round => ({ cutAfter: cuts(round, quick) }),
      destination: round => ({ cutAfter: cuts(round + 1000, quick) }),
    },
    {
      ...cold('killed', []),
      ...short,
      title: '4 × 50 MiB, 25 MiB/s a connection, killed six times',
      image: 'four',
      kind: 'killed',
      targets: [{ figure: 'moved', atMost: 1.15 + (6 * 8) / 200 }],
      source: () => ({ rate: 25 * MiB }),
      destination: () => ({ rate: 25 * MiB }),
      kills: round => {
        const random = seeded(round)
        return Array.from({ length: 6 }, () => 0.3 + 1.5 * random())
      },
    },

    list('tags', '10,000 tags', 10_000),
    list('repositories', '2,000 repositories', 2000),
  ]
}

/** @param {number} round @param {boolean} quick */
function cuts(round, quick) {
  const random = seeded(round)
  return () => ((20 + 40 * random()) * MiB) / (quick ? 16 : 1)
}

/** @param {'tags' | 'repositories'} kind @param {string} title @param {number} lines @returns {Case} */
function list(kind, title, lines) {
  const targets = [{ ...wall('crane', 1), afterStart: true }, memory]
  return { group: 'list', title, image: 'small', kind, lines, clients: peers, targets }
}

/** @param {string} of @param {number} atMost @returns {Target} */
function wall(of, atMost) {
  return { figure: 'wall', of, atMost }
}

/** @param {string} of @param {number} atMost @returns {Target} */
function cpu(of, atMost) {
  return { figure: 'cpu', of, atMost }
}
