const longest = 400

/**
 * What another program said, fit for an error message: the given secrets and whatever follows a word for one are starred out,
 * control and direction characters escaped (T15, T21), cut to 400 characters.
 */
export function sanitize(text: string, secrets: readonly string[] = []): string {
  const hidden = starOut(text.slice(0, 64 * longest), secrets)
    .replace(/\b((?:bearer|basic)\s+|(?:\w*(?:token|secret|password)|auth)["']?\s*[:=]\s*["']?)[^\s"',;]+/gi, '$1***')
    .trim()
  const shown = hidden.length > longest ? `${hidden.slice(0, longest)}…` : hidden
  return shown.replace(
    /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Text without these secrets in any form, the longest first, so that no end of one stays (T15). */
export function starOut(text: string, secrets: readonly string[]): string {
  const forms = secrets.flatMap(formsOf).sort((a, b) => b.length - a.length)
  return forms.reduce((rest, form) => rest.replaceAll(form, '***'), text)
}

/** A secret as it stands, and as it may be repeated: in JSON, in a URL, in base64. */
function formsOf(secret: string): string[] {
  if (secret === '') return []
  const bytes = Buffer.from(secret)
  const quoted = JSON.stringify(secret).slice(1, -1)
  return [
    secret,
    quoted,
    encodeURIComponent(bytes.toString('utf8')),
    bytes.toString('base64'),
    bytes.toString('base64url'),
  ]
}
