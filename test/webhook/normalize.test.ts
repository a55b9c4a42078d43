import { describe, expect, it } from 'vitest'
import type { WebhookEvent } from '../../src/webhook/event.ts'
import { normalize, normalizeDocument } from '../../src/webhook/normalize.ts'
import { payloads } from './payloads.ts'

const made = expect.stringMatching(/^[0-9a-f]{32}$/)
const busybox = 'sha256:dde8e930c7b6a490f728e66292bc9bce42efc9bbb5278bae40e4f30f6e00fe8c'
const nothing = { registry: null, repository: null, tag: null, digest: null, actor: null, time: null }

describe('the documented payloads, verbatim', () => {
  it.each<[keyof typeof payloads, Record<keyof WebhookEvent, unknown>]>([
    [
      'hub',
      {
        event: 'push',
        registry: 'docker.io',
        repository: 'svendowideit/testhook',
        tag: 'latest',
        digest: null,
        actor: 'trustedbuilder',
        time: '2014-12-03T00:22:41Z',
        product: 'docker-hub',
        id: made,
      },
    ],
    [
      'distribution',
      {
        event: 'pull',
        registry: '192.168.100.227:5000',
        repository: 'hello-world',
        tag: 'latest',
        digest: 'sha256:fea8895f450959fa676bcc1df0611ea93823a735a01205fd8622846041d0c7cf',
        actor: null,
        time: '2016-03-09T22:44:26.402Z',
        product: 'distribution',
        id: '320678d8-ca14-430f-8bb6-4ca139cd83f7',
      },
    ],
    [
      'distributionDelete',
      {
        ...nothing,
        event: 'delete',
        repository: 'library/test',
        digest: 'sha256:d89e1bee20d9cb344674e213b581f14fbd8e70274ecf9d10c514bab78a307845',
        time: '2016-03-09T14:45:00Z',
        product: 'distribution',
        id: '7d8e4a1e-5c0f-4f0b-9a53-0b8f0e6d5d11',
      },
    ],
    [
      'harborPush',
      {
        event: 'push',
        registry: 'hub.harbor.com',
        repository: 'test-webhook/debian',
        tag: 'latest',
        digest: 'sha256:8a9e9863dbb6e10edb5adfe917c00da84e1700fa76e7ed02476aa6e6fb8ee0d8',
        actor: 'admin',
        time: '2020-04-15T03:45:08Z',
        product: 'harbor',
        id: made,
      },
    ],
    [
      'harborPull',
      {
        event: 'pull',
        registry: 'harbor.dev',
        repository: 'library/busybox',
        tag: null,
        digest: busybox,
        actor: 'admin',
        time: '2023-03-06T05:58:23Z',
        product: 'harbor',
        id: made,
      },
    ],
    [
      'harborCloudEvent',
      {
        event: 'pull',
        registry: 'harbor.dev',
        repository: 'library/busybox',
        tag: null,
        digest: busybox,
        actor: 'robot$library+scanner-Trivy-51fe4548-bbe5-11ed-9217-0242ac14000d',
        time: '2023-03-06T06:08:43Z',
        product: 'harbor',
        id: '4b2f89a6-548d-4c12-9993-a1f5790b97d2',
      },
    ],
    [
      'nexus',
      {
        ...nothing,
        event: 'push',
        repository: 'npm-proxy/concrete',
        actor: 'admin',
        time: '2016-11-10T23:57:49.664Z',
        product: 'nexus',
        id: made,
      },
    ],
  ])('%s', (name, expected) => {
    const { events } = normalize(payloads[name])
    expect(events).toEqual([expected])
    expect(Object.keys(events[0] ?? {})).toEqual([
      ...['event', 'registry', 'repository', 'tag', 'digest', 'actor', 'time', 'product', 'id'],
    ])
  })
})

const digest = `sha256:${'a'.repeat(64)}`
const harbor = (type: string, data: object) => ({ type, occur_at: 0, operator: 'ada', event_data: data })
const repository = { name: 'app', namespace: 'team', repo_full_name: 'team/app' }
const nexus = (action: string, subject: object) => ({
  repositoryName: 'Docker-Hosted',
  action,
  initiator: 'ci',
  ...subject,
})
const asset = (name: string) => ({ asset: { format: 'docker', name } })
const distribution = (action: string, target: object) => ({ events: [{ id: 'x', action, target }] })
const ociManifest = 'application/vnd.oci.image.manifest.v1+json'

describe('what else there is', () => {
  it.each<[string, unknown, Partial<WebhookEvent>[]]>([
    [
      'Docker Hub: without a full name',
      { push_data: {}, repository: { namespace: 'a', name: 'b' } },
      [{ repository: 'a/b' }],
    ],
    ['Docker Hub: without any name', { push_data: { tag: 'v1' }, repository: {} }, [{ repository: null, tag: 'v1' }]],
    ['Harbor: nothing but a type', harbor('SOMETHING_NEW', {}), [{ event: 'other', repository: null }]],
    [
      'Harbor: deleted',
      harbor('DELETE_ARTIFACT', { repository, resources: [{ tag: 'v1', digest }] }),
      [{ event: 'delete', tag: 'v1' }],
    ],
    [
      'Harbor: scanned',
      harbor('SCANNING_COMPLETED', { repository, resources: [{ digest, tag: digest }] }),
      [{ event: 'scan', tag: null, digest }],
    ],
    ['Harbor: a quota', harbor('QUOTA_EXCEED', { repository }), [{ event: 'quota', repository: 'team/app' }]],
    [
      'Harbor: a replication',
      harbor('REPLICATION', { replication: { harbor_hostname: 'harbor.dev' } }),
      [{ event: 'replication', registry: 'harbor.dev' }],
    ],
    [
      'Harbor: a retention',
      harbor('TAG_RETENTION', { retention: { harbor_hostname: 'harbor.dev:8443' } }),
      [{ event: 'retention', registry: 'harbor.dev:8443' }],
    ],
    [
      'Harbor: a chart of old',
      harbor('UPLOAD_CHART', { repository, resources: [{ tag: '1.0.0' }] }),
      [{ event: 'push', digest: null }],
    ],
    [
      'Harbor: two resources',
      harbor('PUSH_ARTIFACT', { repository, resources: [{ tag: 'a' }, { tag: 'b' }] }),
      [
        { tag: 'a', id: expect.stringMatching(/\.1$/) },
        { tag: 'b', id: expect.stringMatching(/\.2$/) },
      ],
    ],
    [
      'Harbor: a URL that is another repository’s',
      harbor('PUSH_ARTIFACT', { repository, resources: [{ tag: 'a', resource_url: 'h.example/evil/team/app:a' }] }),
      [{ registry: null }],
    ],
    [
      'Nexus: a manifest by tag',
      nexus('CREATED', asset('v2/team/app/manifests/1.2')),
      [{ event: 'push', repository: 'docker-hosted/team/app', tag: '1.2', digest: null, actor: 'ci' }],
    ],
    [
      'Nexus: with a slash in front, by digest',
      nexus('DELETED', asset(`/v2/team/app/manifests/${digest}`)),
      [{ event: 'delete', tag: null, digest }],
    ],
    [
      'Nexus: a tag that moved',
      nexus('UPDATED', asset('v2/app/manifests/latest')),
      [{ event: 'update', tag: 'latest' }],
    ],
    ['Nexus: purged', nexus('PURGED', asset('v2/app/manifests/latest')), [{ event: 'delete' }]],
    [
      'Nexus: an action that is a word of JavaScript',
      nexus('constructor', asset('v2/app/manifests/latest')),
      [{ event: 'other' }],
    ],
    [
      'Nexus: a component',
      nexus('CREATED', { component: { format: 'docker', name: 'team/app', version: '1.2' } }),
      [{ repository: 'docker-hosted/team/app', tag: '1.2' }],
    ],
    ['Nexus: a layer is no event', nexus('CREATED', asset(`v2/-/blobs/${digest}`)), []],
    [
      'distribution: a push of a manifest by digest',
      distribution('push', { mediaType: ociManifest, repository: 'app', digest }),
      [{ event: 'push', tag: null, digest }],
    ],
    [
      'distribution: a layer is no event',
      distribution('pull', { mediaType: 'application/octet-stream', repository: 'app', digest }),
      [],
    ],
    [
      'distribution: a mount is of a layer',
      distribution('mount', {
        mediaType: 'application/octet-stream',
        repository: 'app',
        digest,
        fromRepository: 'base',
      }),
      [],
    ],
    [
      'distribution: a tag deleted',
      distribution('delete', { repository: 'app', tag: 'v1' }),
      [{ event: 'delete', tag: 'v1', digest: null }],
    ],
    ['distribution: no events', { events: [] }, []],
    ['distribution: a word of JavaScript', distribution('__proto__', { repository: 'app' }), [{ event: 'other' }]],
    [
      'a list of payloads',
      [harbor('QUOTA_WARNING', {}), distribution('pull', { repository: 'app' })],
      [{ product: 'harbor' }, { product: 'distribution' }],
    ],
    [
      'unknown fields, and known ones of another type',
      { ...harbor('PUSH_ARTIFACT', { resources: 'none', more: [] }), occur_at: 'now', operator: 7 },
      [{ actor: null, time: null }],
    ],
  ])('%s', (_what, payload, expected) => {
    const { events } = normalize(JSON.stringify(payload))
    expect(events).toHaveLength(expected.length)
    expect(events).toMatchObject(expected)
  })

  it('layers are counted where they are left out, and come where they are asked for', () => {
    const text = JSON.stringify(distribution('mount', { repository: 'app', digest }))
    expect(normalize(text)).toEqual({ events: [], layers: 1 })
    expect(normalize(text, { blobs: true })).toMatchObject({ events: [{ event: 'mount', digest }], layers: 0 })
  })

  it.each([
    ['1e300', null],
    ['-62167219201', null],
    ['253402300799', '9999-12-31T23:59:59Z'],
    ['1586922308.5', '2020-04-15T03:45:08.500Z'],
  ])('the second %s is %s', (seconds, time) => {
    const text = payloads.harborPush.replace('"occur_at":1586922308', `"occur_at":${seconds}`)
    expect(normalize(text).events[0]?.time).toBe(time)
  })

  it('T12, T24: the ids of many events cost one look at their payload', () => {
    let looks = 0
    const resources = Array.from({ length: 1000 }, () => ({}))
    const { events } = normalizeDocument({
      type: 'PUSH_ARTIFACT',
      event_data: { repository: { repo_full_name: 'team/app' }, resources },
      toJSON: () => ++looks,
    })
    expect(new Set(events.map(({ id }) => id)).size).toBe(1000)
    expect(looks).toBe(1)
  })

  it('the same payload has the same id, another one another', () => {
    const ids = [payloads.hub, payloads.hub.replaceAll('\n', ''), payloads.hub.replace('latest', 'v2')].map(
      text => normalize(text).events[0]?.id,
    )
    expect(ids[1]).toBe(ids[0])
    expect(ids[2]).not.toBe(ids[0])
  })
})

describe('T24: what is refused', () => {
  it.each([
    ['nothing', '', 'is not JSON'],
    ['no JSON', '{"type":', 'is not JSON'],
    ['a number', '7', 'is no JSON object'],
    ['somebody else’s', '{"action":"opened"}', 'is none of Docker Hub, Harbor, Nexus or distribution'],
    ['one name twice', '{"events":[],"events":[]}', 'twice in one object'],
    ['an event that is none', '{"events":[7]}', 'without a target'],
    ['a tag that is a command', payloads.hub.replace('latest', '$(id)'), '"$(id)" for a tag'],
    ['a tag that is a flag', payloads.harborPush.replace('"tag":"latest"', '"tag":"--exec=id"'), 'for a tag'],
    [
      'a repository that climbs',
      payloads.hub.replace('"repo_name":"svendowideit/testhook"', '"repo_name":"../../etc"'),
      'for a repository',
    ],
    [
      'a repository that is a number',
      payloads.hub.replace('"repo_name":"svendowideit/testhook"', '"repo_name":7'),
      '7 for a repository',
    ],
    ['a digest that is none', payloads.harborPush.replace('sha256:8a9e', 'sha256:8A9E'), 'for a digest'],
    ['a name that is a flag', payloads.nexus.replace('npm-proxy', '--exec'), 'begins with a dash'],
    ['a hundred levels', `${'{"events":'.repeat(200)}1${'}'.repeat(200)}`, 'nested deeper'],
  ])('%s', (_what, text, message) => {
    expect(() => normalize(text)).toThrow(message)
  })

  it('T14: free text is bounded, and moves no cursor', () => {
    const actor = `\u001b]0;x\u0007\u202e\ud800${'a'.repeat(5000)}`
    const text = payloads.hub.replace('"trustedbuilder"', JSON.stringify(actor))
    const read = normalize(text).events[0]?.actor
    expect(read).toMatch(/^\ufffd\]0;x\ufffd{3}a+$/)
    expect(read).toHaveLength(255)
  })
})
