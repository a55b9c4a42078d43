import { describe, expect, it } from 'vitest'
import { createProxy } from '../../src/http/proxy.ts'

const proxy = 'http://proxy.test:3128/'

describe('which variable', () => {
  it.each<[string, Record<string, string>, string, string | undefined]>([
    ['HTTPS_PROXY for https', { HTTPS_PROXY: proxy }, 'https://r.test/', proxy],
    ['https_proxy for https', { https_proxy: proxy }, 'https://r.test/', proxy],
    ['upper case before lower case', { HTTPS_PROXY: proxy, https_proxy: 'http://other/' }, 'https://r.test/', proxy],
    ['HTTPS_PROXY not for http', { HTTPS_PROXY: proxy }, 'http://r.test/', undefined],
    ['HTTP_PROXY for http', { HTTP_PROXY: proxy }, 'http://r.test/', proxy],
    ['HTTP_PROXY not for https', { HTTP_PROXY: proxy }, 'https://r.test/', undefined],
    ['ALL_PROXY for https', { ALL_PROXY: proxy }, 'https://r.test/', proxy],
    ['all_proxy for http', { all_proxy: proxy }, 'http://r.test/', proxy],
    ['HTTPS_PROXY before ALL_PROXY', { HTTPS_PROXY: proxy, ALL_PROXY: 'http://other/' }, 'https://r.test/', proxy],
    ['none', {}, 'https://r.test/', undefined],
    ['an empty one is none', { HTTPS_PROXY: ' ' }, 'https://r.test/', undefined],
    ['a bare host and port', { HTTPS_PROXY: 'proxy.test:3128' }, 'https://r.test/', proxy],
    [
      'with credentials',
      { HTTPS_PROXY: 'http://u:p%40@proxy.test:3128' },
      'https://r.test/',
      'http://u:p%40@proxy.test:3128/',
    ],
    [
      'httpoxy: not HTTP_PROXY in a CGI program',
      { HTTP_PROXY: proxy, REQUEST_METHOD: 'GET' },
      'http://r.test/',
      undefined,
    ],
    [
      'httpoxy: but http_proxy, which no header can set',
      { http_proxy: proxy, REQUEST_METHOD: 'GET' },
      'http://r.test/',
      proxy,
    ],
  ])('T23: %s', (_, env, url, expected) => expect(createProxy(env)(new URL(url))).toBe(expected))

  it.each(['socks5://u:canary@p:1', 'http://', 'http://u:canary@[', 'ftp://canary', 'http://%zz:canary@p/'])(
    'T23: refuses what is no http proxy, and does not repeat it',
    value => {
      const choose = createProxy({ HTTPS_PROXY: value })
      let failed: unknown
      try {
        choose(new URL('https://r.test/'))
      } catch (error) {
        failed = error
      }
      expect(failed).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('HTTPS_PROXY') })
      expect(String(failed)).not.toContain('canary')
      expect(choose(new URL('https://127.0.0.1/'))).toBeUndefined()
    },
  )
})

describe('NO_PROXY, as Go reads it', () => {
  it.each([
    ['example.com', 'https://example.com/', true],
    ['example.com', 'https://EXAMPLE.com/', true],
    ['EXAMPLE.com', 'https://a.example.com/', true],
    ['example.com', 'https://notexample.com/', false],
    ['.example.com', 'https://a.example.com/', true],
    ['.example.com', 'https://a.b.example.com/', true],
    ['.example.com', 'https://example.com/', false],
    ['*.example.com', 'https://a.example.com/', true],
    ['*.example.com', 'https://example.com/', false],
    ['example.com', 'https://example.com./', true],
    ['example.com:443', 'https://example.com/', true],
    ['example.com:8443', 'https://example.com/', false],
    ['example.com:8443', 'https://a.example.com:8443/', true],
    ['example.com:80', 'http://example.com/', true],
    ['*', 'https://anything.test/', true],
    ['a.test, *', 'https://anything.test/', true],
    [' a.test ,\tb.test ', 'https://b.test/', true],
    ['10.0.0.0/8', 'https://10.1.2.3/', true],
    ['10.0.0.0/8', 'https://11.1.2.3/', false],
    ['10.0.0.0/33', 'https://10.1.2.3/', false],
    ['10.0.0.0/', 'https://10.1.2.3/', false],
    ['10.0.0.0/8', 'https://10.example.com/', false],
    ['fd00::/8', 'https://[fd00::1]/', true],
    ['fd00::/8', 'https://[fe80::1]/', false],
    ['192.168.1.1', 'https://192.168.1.1/', true],
    ['192.168.1.1', 'https://192.168.1.10/', false],
    ['192.168.1.1:5000', 'https://192.168.1.1:5000/', true],
    ['192.168.1.1:5000', 'https://192.168.1.1/', false],
    ['2001:db8::1', 'https://[2001:db8::1]/', true],
    ['[2001:db8::1]', 'https://[2001:db8::1]/', true],
    ['[2001:db8::1]:5000', 'https://[2001:db8::1]:5000/', true],
    ['[2001:db8::1]:5000', 'https://[2001:db8::1]/', false],
    ['1', 'https://192.168.1.1/', false],
    ['.1', 'https://192.168.1.1/', false],
    ['com', 'https://example.com/', true],
    ['', 'https://example.com/', false],
    [',,', 'https://example.com/', false],
    ['.', 'https://example.com/', false],
  ])('T23: "%s" sends %s direct: %s', (noProxy, url, direct) => {
    for (const name of ['NO_PROXY', 'no_proxy']) {
      const chosen = createProxy({ ALL_PROXY: proxy, [name]: noProxy })(new URL(url))
      expect(chosen).toBe(direct ? undefined : proxy)
    }
  })

  it.each(['https://localhost:5000/', 'http://127.0.0.1/', 'http://127.9.9.9/', 'http://[::1]:80/'])(
    'T23: %s is direct, always',
    url => expect(createProxy({ ALL_PROXY: proxy })(new URL(url))).toBeUndefined(),
  )
})
