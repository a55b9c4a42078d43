import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const day = 24 * 60 * 60 * 1000

/**
 * An authority and a certificate for 127.0.0.1 that it signed, for two days around now.
 *
 * @returns {Promise<{ ca: string, cert: string, key: string }>} PEM
 */
export async function makeCertificates() {
  const [authority, server] = [await newKeys(), await newKeys()]
  const issuer = 'CN=regctl bench CA'
  const usual = {
    issuer,
    notBefore: new Date(Date.now() - day),
    notAfter: new Date(Date.now() + day),
    signingAlgorithm: algorithm,
    signingKey: authority.privateKey,
  }
  const ca = await X509CertificateGenerator.create(
    {
      ...usual,
      serialNumber: '01',
      subject: issuer,
      publicKey: authority.publicKey,
      extensions: [
        new BasicConstraintsExtension(true, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      ],
    },
    webcrypto,
  )
  const cert = await X509CertificateGenerator.create(
    {
      ...usual,
      serialNumber: '02',
      subject: 'CN=127.0.0.1',
      publicKey: server.publicKey,
      extensions: [
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }]),
      ],
    },
    webcrypto,
  )
  const key = await webcrypto.subtle.exportKey('pkcs8', server.privateKey)
  return { ca: ca.toString('pem'), cert: cert.toString('pem'), key: PemConverter.encode(key, 'PRIVATE KEY') }
}

function newKeys() {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}
