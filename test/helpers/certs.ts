import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'

/** A certificate and its private key, PEM. */
export interface Pair {
  cert: string
  key: string
}

export interface IssueOptions {
  /** DNS names and IP addresses. */
  hosts: readonly string[]
  /** For a client instead of a server. */
  client?: boolean
  /** A day from now when absent. */
  notAfter?: Date
}

export interface Ca {
  /** PEM; what a client is told to trust. */
  cert: string
  issue(options: IssueOptions): Promise<Pair>
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const day = 24 * 60 * 60 * 1000
const serverAuth = '1.3.6.1.5.5.7.3.1'
const clientAuth = '1.3.6.1.5.5.7.3.2'

/** A certificate authority that lives as long as the test. */
export async function makeCa(name = 'regctl test CA'): Promise<Ca> {
  const keys = await newKeys()
  const issuer = `CN=${name}`
  const authority = await X509CertificateGenerator.create(
    {
      serialNumber: serial(),
      subject: issuer,
      issuer,
      notBefore: new Date(Date.now() - day),
      notAfter: new Date(Date.now() + day),
      signingAlgorithm: algorithm,
      publicKey: keys.publicKey,
      signingKey: keys.privateKey,
      extensions: [
        new BasicConstraintsExtension(true, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        await SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  )

  async function issue({ hosts, client = false, notAfter = new Date(Date.now() + day) }: IssueOptions): Promise<Pair> {
    const own = await newKeys()
    const extensions: Extension[] = [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([client ? clientAuth : serverAuth]),
      new SubjectAlternativeNameExtension(hosts.map(value => ({ type: isIP(value) ? 'ip' : 'dns', value }))),
      await AuthorityKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
    ]
    const certificate = await X509CertificateGenerator.create(
      {
        serialNumber: serial(),
        subject: `CN=${hosts[0] ?? 'nobody'}`,
        issuer,
        notBefore: new Date(Math.min(Date.now(), notAfter.getTime()) - day),
        notAfter,
        signingAlgorithm: algorithm,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        extensions,
      },
      webcrypto,
    )
    const key = await webcrypto.subtle.exportKey('pkcs8', own.privateKey)
    return { cert: certificate.toString('pem'), key: PemConverter.encode(key, 'PRIVATE KEY') }
  }
  return { cert: authority.toString('pem'), issue }
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}

let serials = 0
function serial(): string {
  return (++serials).toString(16).padStart(4, '0')
}
