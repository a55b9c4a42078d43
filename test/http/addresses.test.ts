import { describe, expect, it } from 'vitest'
import { isLinkLocal, isMetadataAddress, isPrivateHost, isPublicAddress, sameOrigin } from '../../src/http/addresses.ts'

describe('isPublicAddress', () => {
  it.each(['1.1.1.1', '8.8.8.8', '172.15.0.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450::1'])(
    '%s is public',
    address => expect(isPublicAddress(address)).toBe(true),
  )

  it.each([
    ['unspecified', '0.0.0.0'],
    ['this network', '0.1.2.3'],
    ['private', '10.1.2.3'],
    ['private', '172.16.0.1'],
    ['private', '172.31.255.255'],
    ['private', '192.168.1.1'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['carrier-grade NAT', '100.127.255.255'],
    ['loopback', '127.0.0.1'],
    ['loopback', '127.255.255.254'],
    ['metadata', '169.254.169.254'],
    ['benchmarks', '198.18.0.1'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['unspecified', '::'],
    ['loopback', '::1'],
    ['link-local', 'fe80::1'],
    ['link-local with zone', 'fe80::1%eth0'],
    ['ULA', 'fd00::1'],
    ['metadata at AWS', 'fd00:ec2::254'],
    ['multicast', 'ff02::1'],
    ['mapped loopback', '::ffff:127.0.0.1'],
    ['mapped public', '::ffff:8.8.8.8'],
    ['IPv4-compatible', '::127.0.0.1'],
    ['NAT64', '64:ff9b::7f00:1'],
    ['NAT64, local', '64:ff9b:1::a00:1'],
    ['6to4 of 127.0.0.1', '2002:7f00:1::'],
    ['Teredo', '2001::1'],
    ['documentation', '2001:db8::1'],
    ['no address', 'example.com'],
    ['nothing', ''],
  ])('T2: %s is not: %s', (_, address) => expect(isPublicAddress(address)).toBe(false))
})

describe('isPrivateHost', () => {
  it.each([
    'localhost',
    'LOCALHOST',
    'localhost.',
    'a.localhost',
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '017700000001',
    '[::1]',
    '::1',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[fe80::1]',
    '[2002:7f00:1::]',
    '[64:ff9b::a9fe:a9fe]',
    '169.254.169.254',
    '0',
    '１２７.0.0.1',
  ])('T2: %s is', hostname => expect(isPrivateHost(hostname)).toBe(true))

  it.each([
    'ghcr.io',
    'localhost.example.com',
    'notlocalhost',
    '8.8.8.8',
    '[2606:4700::1111]',
    '127.0.0.1.example.com',
  ])('%s is not', hostname => expect(isPrivateHost(hostname)).toBe(false))
})

describe('isMetadataAddress and isLinkLocal', () => {
  it.each([
    '169.254.169.254',
    '169.254.170.2',
    '2852039166',
    '0xa9fea9fe',
    '100.100.100.200',
    'fd00:ec2::254',
    '[fd00:ec2::254]',
    '[fd20:ce::254]',
    '::ffff:169.254.169.254',
    '[::ffff:a9fe:a9fe]',
    '[::a9fe:a9fe]',
    '[64:ff9b::a9fe:a9fe]',
    '[64:ff9b::100.100.100.200]',
    '[2002:a9fe:a9fe::]',
    '[::ffff:100.100.100.200]',
  ])('T2, T6: %s is both', host => expect([isMetadataAddress(host), isLinkLocal(host)]).toEqual([true, true]))

  it.each(['fe80::1', '[fe80::1]', 'fe80::1%eth0', '[febf::1]'])('T2: %s is link-local alone', host =>
    expect([isMetadataAddress(host), isLinkLocal(host)]).toEqual([false, true]),
  )

  it.each([
    'reg.test',
    '169.254.169.254.nip.io',
    '127.0.0.1',
    '10.0.0.1',
    '169.253.1.1',
    '100.100.100.201',
    '[::1]',
    '[fd00::1]',
    '[::ffff:10.0.0.1]',
    '8.8.8.8',
    '',
  ])('%s is neither', host => expect([isMetadataAddress(host), isLinkLocal(host)]).toEqual([false, false]))
})

describe('sameOrigin', () => {
  it.each([
    ['https://a.test/x', 'https://A.test:443/y?z', true],
    ['http://a.test', 'http://a.test:80/', true],
    ['https://a.test', 'http://a.test', false],
    ['https://a.test', 'https://a.test:444', false],
    ['https://a.test', 'https://b.a.test', false],
    ['https://a.test', 'https://a.test.', false],
    ['http://127.0.0.1:1', 'http://localhost:1', false],
  ])('%s and %s: %s', (a, b, same) => expect(sameOrigin(a, b)).toBe(same))
})
