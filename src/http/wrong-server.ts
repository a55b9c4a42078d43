import type { HttpResponse } from './http.ts'

/** What Go, nginx and Apache say to plain HTTP on a port for HTTPS; the last two in a web page. */
const spokenToInPlain =
  /HTTP request to an HTTPS server|plain HTTP request was sent to HTTPS port|speaking plain HTTP to an SSL-enabled/i

/** Whether a server refused to be spoken to in plain HTTP: a 400 whose body says so. */
export function wantsHttps({ status }: Pick<HttpResponse, 'status'>, body: string): boolean {
  return status === 400 && spokenToInPlain.test(body)
}

/** Whether the answer is a page for people: no part of a registry's API is. The label alone says nothing: Quay's `true` is `text/html`. */
export function isWebPage({ headers }: Pick<HttpResponse, 'headers'>, body: string): boolean {
  const isHtml = /^text\/html\b/i.test(headers['content-type'] ?? '')
  return (isHtml ? /^\s*</ : /^\s*<(?:!doctype html|html|head|body)\b/i).test(body)
}

/** A TLS_FAILED error's words, for {@link wantsHttps}. */
export function httpsWanted(host: string): { message: string; hint: string } {
  return {
    message: `${host} speaks HTTPS, and was spoken to in plain HTTP`,
    hint: `name its CA with --ca-file, or use --insecure ${host}`,
  }
}

/** The hint for an answer that no registry gives. */
export function noRegistry(host: string): string {
  return `${host} may not be a registry: check host and port`
}
