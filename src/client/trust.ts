import type { Config } from '../config/config.ts'
import type { TlsOptions } from '../http/tls.ts'

/** Whom this machine trusts, by its environment and its `certs.d` folders; the same for registries and for mirrors. */
export function trustOf({ env, paths }: Config): Omit<TlsOptions, 'filesFor'> {
  return {
    certsDirs: paths.certificates,
    ...(env.SSL_CERT_FILE && { sslCertFile: env.SSL_CERT_FILE }),
    ...(env.NODE_EXTRA_CA_CERTS && { extraCa: env.NODE_EXTRA_CA_CERTS }),
  }
}
