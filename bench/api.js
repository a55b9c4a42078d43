import http from 'node:http'
import https from 'node:https'

/**
 * @typedef {{ method?: string, headers?: Record<string, string | number>, body?: Uint8Array | undefined, ca?: string | undefined }} RequestOptions
 * @typedef {{ status: number, headers: http.IncomingHttpHeaders, body: Buffer }} Answer
 */

/**
 * One request of the bench itself to one of its registries, on a connection of its own.
 *
 * @param {string} url
 * @param {RequestOptions} [options]
 * @returns {Promise<Answer>}
 */
export function request(url, { method = 'GET', headers = {}, body, ca } = {}) {
  const { request: send } = url.startsWith('https:') ? https : http
  return new Promise((resolve, reject) => {
    const sent = send(url, { method, headers, agent: false, ...(ca !== undefined && { ca }) }, response => {
      /** @type {Buffer[]} */
      const chunks = []
      response.on('data', chunk => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      )
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
