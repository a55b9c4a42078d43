import { describe, expect, it } from 'vitest'
import { parseChallenges } from '../../src/auth/challenge.ts'

const parse = (header: string | undefined) =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])

const bearer = (realm: string, more: object = {}) => ['bearer', { realm, ...more }]
const basic = (realm: string, more: object = {}) => ['basic', { realm, ...more }]

describe('parseChallenges', () => {
  it.each<[string, string | undefined, unknown[]]>([
    [
      '2.2a: a comma inside quotes',
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:samalba/my-app:pull,push"',
      [
        bearer('https://auth.docker.io/token', {
          service: 'registry.docker.io',
          scope: 'repository:samalba/my-app:pull,push',
        }),
      ],
    ],
    [
      '2.2b: two challenges in one header (Forgejo)',
      'Bearer realm="https://codeberg.org/v2/token",service="container_registry",scope="*",Basic realm="https://codeberg.org/v2",service="container_registry",scope="*"',
      [
        bearer('https://codeberg.org/v2/token', { service: 'container_registry', scope: '*' }),
        basic('https://codeberg.org/v2', { service: 'container_registry', scope: '*' }),
      ],
    ],
    [
      '2.2c: several header lines, joined',
      'Negotiate, Basic realm="r", Bearer realm="https://a/t"',
      [['negotiate', {}], basic('r'), bearer('https://a/t')],
    ],
    [
      '2.2c: a token68 is no parameter',
      'Negotiate YII+/a==, NTLM abc, Basic realm="r"',
      [['negotiate', {}], ['ntlm', {}], basic('r')],
    ],
    [
      '2.2d: ECR',
      'Basic realm="https://123.dkr.ecr.us-east-1.amazonaws.com/",service="ecr.amazonaws.com"',
      [basic('https://123.dkr.ecr.us-east-1.amazonaws.com/', { service: 'ecr.amazonaws.com' })],
    ],
    ['2.2d: Artifactory', 'Basic realm="Artifactory Realm"', [basic('Artifactory Realm')]],
    ['2.2d: upper case and no quotes (Nexus)', 'BASIC Realm=Sonatype', [basic('Sonatype')]],
    [
      '2.2d: a bare URL',
      'Bearer realm=https://a.test/t?x=1,service=s',
      [bearer('https://a.test/t?x=1', { service: 's' })],
    ],
    ['2.2e: relative, with blanks', 'Bearer realm=" /service/token?a=b "', [bearer(' /service/token?a=b ')]],
    ['2.2f: no realm', 'Bearer service="s"', [['bearer', { service: 's' }]]],
    ['2.2f: nothing at all', 'Bearer', [['bearer', {}]]],
    [
      '2.2g: several scopes',
      'Bearer realm="r",scope="repository:a:pull,push repository:b:pull"',
      [bearer('r', { scope: 'repository:a:pull,push repository:b:pull' })],
    ],
    ['2.2h: an error', 'Bearer realm="r",error="insufficient_scope"', [bearer('r', { error: 'insufficient_scope' })]],
    ['2.2i: Harbor', 'Basic realm="harbor"', [basic('harbor')]],
    ['2.2j: escaped quotes', String.raw`Basic realm="say \"hi\", \\ok"`, [basic(String.raw`say "hi", \ok`)]],
    ['2.2j: tabs and empty elements', ', ,\tBearer\trealm\t=\t"r" , ,, service="s",,', [bearer('r', { service: 's' })]],
    ['2.2j: the first of two counts', 'Bearer realm="r",service="a",SERVICE="b"', [bearer('r', { service: 'a' })]],
    ['2.2j: two realms mean none', 'Bearer realm="https://a/t",realm="https://evil/t", Basic realm="b"', [basic('b')]],
    ['2.2j: no comma between', 'Bearer realm="r" service="s"', [bearer('r', { service: 's' })]],
    ['2.2j: an empty value', 'Bearer realm="",service=', [bearer('', { service: '' })]],
    ['a quote that never ends', 'Basic realm="b", Bearer realm="https://a/t', [basic('b')]],
    ['parameters of nobody', 'realm="r", ="x"', []],
    ['rubbish', '"", ::, @@ =,', []],
    ['an empty header', '', []],
    ['no header', undefined, []],
  ])('%s', (_, header, expected) => {
    expect(parse(header)).toEqual(expected)
  })

  it.each([
    ['quotes', `Bearer realm=${'"\\'.repeat(200_000)}`],
    ['schemes', 'a '.repeat(200_000)],
    ['equals signs', `a ${'='.repeat(400_000)}`],
    ['a long token68', `a ${'b'.repeat(400_000)}"`],
  ])('T26: takes no longer than the header is long: %s', (_, header) => {
    expect(parseChallenges(header)).toBeInstanceOf(Array)
  })
})
