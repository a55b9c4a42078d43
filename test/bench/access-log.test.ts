import { expect, it } from 'vitest'
import { markPath, parseAccessLog } from '../../bench/access-log.js'

const agent = 'crane/v0.22.1 go-containerregistry/v0.22.1'
const line = (request: string, answer: string, who = agent) =>
  `127.0.0.1 - - [23/Nov/2026:20:01:52 +0000] "${request} HTTP/1.1" ${answer} "" "${who}"\n`

it.each([
  ['nothing', '', []],
  [
    'a request',
    line('GET /v2/bench/many/blobs/sha256:ab?ns=docker.io', '200 1048'),
    [{ method: 'GET', path: '/v2/bench/many/blobs/sha256:ab?ns=docker.io', status: 200, bytes: 1048, agent }],
  ],
  [
    'two, with an agent in quotes and words between',
    `${line('HEAD /v2/', '404 0', 'a \\"b\\"')}level=warning msg="No HTTP secret"\n${line('PUT /v2/x', '201 5')}`,
    [
      { method: 'HEAD', path: '/v2/', status: 404, bytes: 0, agent: 'a \\"b\\"' },
      { method: 'PUT', path: '/v2/x', status: 201, bytes: 5, agent },
    ],
  ],
  ['our own marks', line(`GET ${markPath(12)}`, '404 19'), []],
])('reads %s', (_, text, expected) => expect(parseAccessLog(text)).toEqual(expected))
