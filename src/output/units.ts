const binary = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const

/** Bytes for a person, in binary units: `512 B`, `12.4 MiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  // 1023.95 would print as 1024.0: it belongs to the next unit.
  while ((unit === 0 ? value >= 1024 : value >= 1023.95) && unit < binary.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${binary[unit]}`
}

/** Bytes per second for a person: `4.2 MiB/s`. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(Math.max(0, bytesPerSecond))}/s`
}

/** Seconds for a person: `0.8 s`, `12 s`, `3 min 05 s`, `2 h 03 min`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?'
  if (seconds < 9.95) return `${Math.max(0, seconds).toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${twoDigits(whole % 60)} s`
  return `${Math.floor(whole / 3600)} h ${twoDigits(Math.floor((whole % 3600) / 60))} min`
}

/** As {@link formatDuration}, in whole seconds rounded up: how long something is still waited for. */
export function formatWait(seconds: number): string {
  const whole = Math.ceil(seconds)
  return whole < 10 ? `${whole} s` : formatDuration(whole)
}

/** An RFC 3339 time in UTC to the second: `2026-01-02T03:04:05Z`; what is no time stays as it is, nothing is ''. */
export function formatWhen(time: string | null | undefined): string {
  if (!time) return ''
  const at = new Date(time)
  return Number.isNaN(at.getTime()) ? time : at.toISOString().replace(/\.\d+Z$/, 'Z')
}

/** The day of what {@link formatWhen} gave: `2026-01-02`; anything else stays as it is. */
export function dayOf(when: string): string {
  return when.replace(/^(\d{4}-\d\d-\d\d)T[\d:]+Z$/, '$1')
}

/** `1 layer`, `3 layers`; `2 retries` by a plural of its own. */
export function formatCount(count: number, noun: string, nouns = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : nouns}`
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
