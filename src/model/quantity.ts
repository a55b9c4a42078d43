import { RegctlError } from './errors.ts'

const units: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, ki: 2 ** 10, mi: 2 ** 20, gi: 2 ** 30 }

/** Bytes a second: `500k` (500 000), `2M`, `10MiB` (of 1024), with or without `B` and `/s`. @throws RegctlError USAGE */
export function parseByteRate(text: string): number {
  const [, number, unit = ''] = /^(\d{1,12}(?:\.\d{1,6})?)\s?((?:[kmg]i?)?)b?(?:\/s)?$/i.exec(text.trim()) ?? []
  const rate = Math.round(Number(number) * (units[unit.toLowerCase()] ?? Number.NaN))
  if (rate >= 1) return rate
  throw new RegctlError('USAGE', `${JSON.stringify(text.slice(0, 100))} is not a number of bytes a second`, {
    hint: 'such as 500k, 2M or 10MiB',
  })
}

const longest = 86_400

/** Seconds, decimals allowed, above 0 and at most a day. @throws RegctlError USAGE */
export function parseSeconds(text: string): number {
  const seconds = parseDecimal(text)
  if (seconds > 0 && seconds <= longest) return seconds
  throw new RegctlError('USAGE', `${JSON.stringify(text.slice(0, 100))} is not a number of seconds`, {
    hint: `above 0 and at most ${longest}`,
  })
}

/** How often a second, decimals allowed: from `0.001` to `100000`. @throws RegctlError USAGE */
export function parseFrequency(text: string): number {
  const times = parseDecimal(text)
  if (times >= 0.001 && times <= 100_000) return times
  throw new RegctlError('USAGE', `${JSON.stringify(text.slice(0, 100))} is not a number of requests a second`, {
    hint: 'such as 10 or 0.5',
  })
}

function parseDecimal(text: string): number {
  return /^\d{1,9}(?:\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN
}

const ages: Readonly<Record<string, number>> = { h: 3600, d: 24 * 3600, w: 7 * 24 * 3600, y: 365 * 24 * 3600 }

/** An age in milliseconds: `36h`, `90d`, `2w`, `1y`. @throws RegctlError `USAGE` */
export function parseAge(text: string): number {
  const [, amount, unit = ''] = /^(\d{1,6})([hdwy])$/.exec(text) ?? []
  if (amount !== undefined) return Number(amount) * (ages[unit] ?? 0) * 1000
  throw new RegctlError('USAGE', `${JSON.stringify(text.slice(0, 100))} is not an age`, {
    hint: 'use hours, days, weeks or years: 36h, 90d, 2w, 1y',
  })
}
