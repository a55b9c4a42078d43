import { distance } from 'fastest-levenshtein'

/** Candidates that a slip of the fingers away from `word` could have been meant, the likeliest first; at most `count`. */
export function nearest(word: string, candidates: Iterable<string>, count = 1): string[] {
  return ranked(candidates, candidate => slips(word, candidate), count)
}

/** As {@link nearest}, and tags that begin alike: `1.0.0` for `1.0`, `v2-alpine` for `v2`, `1.27.4` for `1.27.11-slim`. */
export function nearestTags(word: string, tags: Iterable<string>, count = 1): string[] {
  return ranked(tags, tag => slips(word, tag) ?? alike(word, tag), count)
}

/** `a, b, c and 4 more` */
export function listSome(names: readonly string[], shown = 3): string {
  if (names.length <= shown) return names.join(', ')
  return `${names.slice(0, shown).join(', ')} and ${names.length - shown} more`
}

function ranked(candidates: Iterable<string>, away: (candidate: string) => number | undefined, count: number) {
  const near: { candidate: string; far: number }[] = []
  for (const candidate of candidates) {
    const far = away(candidate)
    if (far !== undefined) near.push({ candidate, far })
  }
  near.sort((a, b) => a.far - b.far || (a.candidate < b.candidate ? -1 : 1))
  return near.slice(0, count).map(({ candidate }) => candidate)
}

/** How many, or undefined for too many; neighbours that changed places are one slip. */
function slips(word: string, candidate: string): number | undefined {
  const most = Math.min(3, Math.ceil(word.length / 3))
  // A hostile name may be a megabyte long; what differs that much in length is not near.
  if (Math.abs(candidate.length - word.length) > most) return undefined
  // Ahead of a letter too many: `tasg` was `tags`, not `tag`.
  const away = isSwap(word, candidate) ? 0.9 : distance(word, candidate)
  return away <= most ? away : undefined
}

function isSwap(a: string, b: string): boolean {
  const at = [...a].findIndex((letter, index) => letter !== b[index])
  return at !== -1 && a.slice(0, at) + a.charAt(at + 1) + a.charAt(at) + a.slice(at + 2) === b
}

/** One that only says more or less than the other comes before a second slip; one that shares its first parts after all slips. */
function alike(word: string, tag: string): number | undefined {
  if (word === '' || tag === '' || tag.length > 128) return undefined
  const [asked, offered] = [partsOf(word), partsOf(tag)]
  const least = Math.min(asked.length, offered.length)
  const differs = asked.findIndex((part, at) => part !== offered[at])
  const shared = differs === -1 ? least : Math.min(differs, least)
  if (shared === least) return 1.5
  if (tag.startsWith(word) || word.startsWith(tag)) return 3.5
  return shared === 0 ? undefined : 4 + asked.length - shared
}

/** `v1`, `2`, `alpine` of `v1.2-alpine`. */
function partsOf(name: string): string[] {
  return name.split(/[.\-_]/)
}
