/** RFC 3339 in UTC, without parts of a second where there are none: `2026-01-02T03:04:05Z`. @throws RangeError for what is no time */
export function rfc3339(date: Date): string {
  return date.toISOString().replace('.000Z', 'Z')
}
