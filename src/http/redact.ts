/** Query parameters that are part of the protocol and say nothing secret. Every other value is hidden: presigned URLs are keys (T15). */
const harmless: ReadonlySet<string> = new Set(['n', 'last', 'mount', 'from', 'digest', 'ns', 'artifactType', 'tag'])
const pathsWithHarmlessQueries = /^\/v2\//

const hidden = '***'

/** What may follow the name of a scheme in a sentence, "Basic authentication required", is no credential. */
const credentials =
  /\b(Bearer|Basic)\s+(?!(?:authentication|authorization|credentials)\b(?![~+/=-]))[A-Za-z0-9._~+/=-]{8,}/gi

/** A URL that may be logged: no userinfo, no fragment, and no query value but the protocol's own under `/v2/` (T15). */
export function redactUrl(url: string): string {
  if (!URL.canParse(url)) return hidden
  const { protocol, host, pathname, search } = new URL(url)
  const inProtocol = pathsWithHarmlessQueries.test(pathname)
  const query = search
    .slice(1)
    .split('&')
    .filter(pair => pair !== '')
    .map(pair => {
      const [name = '', ...value] = pair.split('=')
      if (value.length === 0) return hidden
      return inProtocol && harmless.has(name) ? pair : `${name}=${hidden}`
    })
    .join('&')
  return `${protocol}//${host}${pathname}${query === '' ? '' : `?${query}`}`
}

/** Text of unknown making, such as an error body, without what looks like a secret: JSON values, credentials, userinfo, queries (T15). */
export function redactText(text: string): string {
  return text
    .replace(
      /("(?:token|access_?token|refresh_?token|id_?token|identity_?token|registry_?token|password|passwd|secret|auth|authorization)"\s*:\s*)"(?:\\.|[^"\\])*"?/gi,
      `$1"${hidden}"`,
    )
    .replace(credentials, `$1 ${hidden}`)
    .replace(/\b(https?:\/\/)[^\s"'<>]+/gi, url => redactUrl(url))
    .replace(
      /\b(token|access_token|refresh_token|id_token|password|secret|client_secret|assertion|signature)=[^\s&"'<>]+/gi,
      `$1=${hidden}`,
    )
}
