import { describe, expect, it } from 'vitest'
import { type HostFlags, hostRules } from '../../src/config/host-flags.ts'
import { baseUrl } from '../../src/config/hosts.ts'

const rules = (flags: HostFlags) => hostRules(flags, new Map())

describe('files of the flags', () => {
  it('T20: are for one host where one is named', () => {
    const { host } = rules({
      caFile: ['all.pem', 'A.example:5000=a.pem'],
      certFile: ['https://b.example=b.pem'],
      keyFile: ['b.example=b.key'],
    })
    expect(host('a.example:5000')).toEqual({ caFile: 'a.pem' })
    expect(host('b.example')).toEqual({ caFile: 'all.pem', certFile: 'b.pem', keyFile: 'b.key' })
    expect(host('c.example')).toEqual({ caFile: 'all.pem' })
  })

  it.each([
    ['./a=b.pem', './a=b.pem'],
    ['/tmp/a=b.pem', '/tmp/a=b.pem'],
    ['a.pem', 'a.pem'],
  ])('%s is a file', (text, caFile) => expect(rules({ caFile: [text] }).host('x.example')).toEqual({ caFile }))

  it.each([
    [['c.pem'], undefined],
    [['a.example=c.pem'], ['k.pem']],
    [['a.example=c.pem'], ['b.example=k.pem']],
  ])('certificate %j and key %j are no pair', (certFile, keyFile) => {
    expect(() => rules({ certFile, keyFile })).toThrow('go together')
  })
})

describe('a registry on this machine', () => {
  const urlOf = (flags: HostFlags) => baseUrl('localhost:5000', rules(flags).host('localhost:5000'))
  it.each<[HostFlags, string]>([
    [{ caFile: ['ca.pem'], registries: ['localhost:5000'] }, 'https'],
    [{ caFile: ['ca.pem'], registries: ['localhost:5000', 'localhost:5000'] }, 'https'],
    [{ caFile: ['ca.pem'], registries: ['localhost:5000', 'reg.example'] }, 'http'],
    [{ caFile: ['localhost:5000=ca.pem'], registries: ['localhost:5000', 'reg.example'] }, 'https'],
    [{ insecure: ['localhost:5000'], registries: ['localhost:5000', 'reg.example'] }, 'https'],
  ])('with %j is spoken to in %s', (flags, scheme) => expect(urlOf(flags)).toBe(`${scheme}://localhost:5000`))

  it('leaves the bare file to the other one', () => {
    const { host } = rules({ caFile: ['ca.pem'], registries: ['localhost:5000', 'reg.example'] })
    expect(host('reg.example')).toEqual({ caFile: 'ca.pem' })
  })
})

describe('a mirror', () => {
  const flags = { caFile: ['all.pem', 'm.example:5000=m.pem'], insecure: ['i.example'] }
  it.each<[string, HostFlags, object]>([
    ['m.example:5000', flags, { caFile: 'm.pem' }],
    ['i.example', flags, { insecure: true }],
    // A bare file is for what the command names.
    ['n.example', flags, {}],
    ['n.example', { ...flags, registries: ['n.example'] }, { caFile: 'all.pem' }],
    ['m.example:5000', { ...flags, registries: ['m.example:5000'] }, { caFile: 'm.pem' }],
  ])('%s with %j', (host, flags, settings) => {
    expect(rules(flags).mirror(host)).toEqual(settings)
  })
})

describe('hosts of flags', () => {
  it.each(['https://localhost:7003', 'http://LOCALHOST:7003/v2/', 'localhost:7003'])('%s is localhost:7003', text => {
    const { host, unused } = rules({ insecure: [text] })
    expect(host('localhost:7003')).toEqual({ insecure: true })
    expect(unused()).toEqual([])
  })

  it('are told when nobody asked for them', () => {
    const { host, unused } = rules({ insecure: ['localhost'], caFile: ['x.example=a.pem', 'b.pem'] })
    host('localhost:7003')
    expect(unused()).toEqual([
      '--insecure localhost is for no registry that was spoken to (localhost:7003)',
      '--ca-file x.example=a.pem is for no registry that was spoken to (localhost:7003)',
    ])
  })

  it('that are none are refused', () => {
    expect(() => rules({ insecure: ['a b'] })).toThrow('is not a registry')
  })
})
