import { distance } from 'fastest-levenshtein'

/** Candidates that a slip of the fingers away from `word` could have been meant, the likeliest first; at most `count`. */
export function nearest(word: string, candidates: Iterable<string>, count = 1): string[] {
  const most = Math.min(3, Math.ceil(word.length / 3))
  const near: { candidate: string; away: number }[] = []
  for (const candidate of candidates) {
    // A hostile name may be a megabyte long; what differs that much in length is not near.
    if (Math.abs(candidate.length - word.length) > most) continue
    const away = distance(word, candidate)
    if (away <= most) near.push({ candidate, away })
  }
  near.sort((a, b) => a.away - b.away || (a.candidate < b.candidate ? -1 : 1))
  return near.slice(0, count).map(({ candidate }) => candidate)
}
