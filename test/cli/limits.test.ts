import { describe, expect, it } from 'vitest'
import { runCli } from '../helpers/cli.ts'
import { testClient } from '../helpers/client.ts'
import { closing } from '../helpers/http-send.ts'
import { makeIndex, seed } from '../helpers/images.ts'
import { startServer } from '../helpers/server.ts'

const places = ['127.0.0.1:1/a', '127.0.0.1:1/b']

describe('amounts that are none', () => {
  it.each([
    [['copy', ...places, '--limit-rate', 'fast'], '--limit-rate: "fast" is not a number of bytes a second', '10MiB'],
    [['copy', ...places, '--limit-rate', '0'], '--limit-rate: "0" is not a number of bytes a second', '10MiB'],
    [['copy', ...places, '--connect-timeout', '0'], '--connect-timeout: "0" is not a number of seconds', 'above 0'],
    [
      ['tags', places[0] ?? '', '--connect-timeout', '1m'],
      '--connect-timeout: "1m" is not a number of seconds',
      'above 0',
    ],
    [['inspect', places[0] ?? '', '--stall-timeout=-1'], '--stall-timeout: "-1" is not a number of seconds', 'above 0'],
    [['digest', places[0] ?? '', '--requests-per-second', 'x'], '--requests-per-second: "x" is not a number', '0.5'],
  ])('%j is wrong usage', async (args, message, hint) => {
    const { stderr, stdout, code } = await runCli(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(`error: ${message}`)
    expect(stderr).toMatch(new RegExp(`hint: .*${hint}`))
  })

  it('in the configuration file too', async () => {
    const { mkdtempSync, writeFileSync } = await import('node:fs')
    const file = `${mkdtempSync('/tmp/regctl-limits-')}/config.json`
    writeFileSync(file, '{\n  "limitRate": "fast"\n}')
    const { stderr, code } = await runCli(['copy', ...places], { env: { REGCTL_CONFIG: file } })
    expect(code).toBe(2)
    expect(stderr).toContain(`${file}:2:16: limitRate must be bytes a second`)
  })
})

describe('what a copy tells of a registry that hesitates', () => {
  /** Refuses the first blob once, and grants one pull less than an index of two images needs. */
  async function hesitant() {
    let [refused, remaining] = [false, 2]
    let isOdd = false
    const source = closing(
      await startServer({
        wrap: handler => (req, res) => {
          if (!isOdd) return handler(req, res)
          if (req.method === 'GET' && req.url?.includes('/manifests/')) remaining--
          if (req.method === 'GET' && req.url?.includes('/blobs/') && !refused) {
            refused = true
            res.writeHead(429, { 'retry-after': '1', 'content-length': '0' }).end()
            return
          }
          res
            .setHeader('ratelimit-limit', '100;w=21600')
            .setHeader('ratelimit-remaining', `${Math.max(0, remaining)};w=21600`)
          handler(req, res)
        },
      }),
    )
    const destination = closing(await startServer())
    const client = closing(await testClient())
    const sample = makeIndex({ platforms: ['linux/amd64', 'linux/arm64'] })
    await seed((await client.open(`${source.host}/app:v1`, { write: true })).store, sample, 'v1')
    isOdd = true
    return { source, args: ['copy', `${source.host}/app:v1`, `${destination.host}/app:v1`] }
  }

  it('on stderr, and in the summary', async () => {
    const { source, args } = await hesitant()
    const { stdout, stderr, code } = await runCli(args)
    expect(code).toBe(0)
    expect(stderr).toContain(`waiting 1 s: ${source.host} says 429`)
    expect(stderr).toContain(
      `warning: ${source.host}/app: the registry grants 1 more of 100 pulls, and this copy needs up to 2`,
    )
    expect(stdout).toContain('to the destination, 1 of them again\n')
    expect(stdout).toContain('the source grants 0 more of 100 pulls in 6 h 00 min\n')
  })

  it('as JSON, events and result', async () => {
    const { source, args } = await hesitant()
    const { stdout, stderr } = await runCli([...args, '--json', '--quiet', '--progress', 'json'])
    const reason = `${source.host} says 429`
    const events = stderr
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(events).toContainEqual({ type: 'waiting', seconds: 1, reason })
    expect(events).toContainEqual({ type: 'retrying', attempt: 2, reason })
    expect(JSON.parse(stdout)).toMatchObject({
      retries: 1,
      rateLimit: { limit: 100, remaining: 0, windowSeconds: 21_600 },
    })
  })
})
