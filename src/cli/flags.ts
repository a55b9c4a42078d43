import * as Flags from '@oclif/core/flags'
import type { ConfigFlags } from '../config/config.ts'
import { pullTools } from '../image/pull-command.ts'
import type { Platform } from '../model/descriptor.ts'
import { type Digest, isDigest } from '../model/digest.ts'
import { RegctlError } from '../model/errors.ts'
import { parsePlatform } from '../model/platform.ts'
import { parseByteRate, parseFrequency, parseSeconds } from '../model/quantity.ts'
import { progressModes } from '../output/progress.ts'

const global = { helpGroup: 'GLOBAL' }
const connection = { helpGroup: 'CONNECTION' }
/** Repeatable, one value a time: `--filter a --filter b PLACE`. */
const repeatable = { multiple: true, multipleNonGreedy: true } as const

const seconds = Flags.custom<number>({
  ...connection,
  helpValue: 'SECONDS',
  parse: async (text: string) => parseSeconds(text),
})

/** What every command takes. */
export const globalFlags = {
  json: Flags.boolean({ ...global, summary: 'print one JSON document' }),
  quiet: Flags.boolean({ ...global, char: 'q', summary: 'no warnings and no progress' }),
  verbose: Flags.boolean({ ...global, char: 'v', summary: 'one line per HTTP request on stderr' }),
  'plain-http': Flags.string({
    ...connection,
    ...repeatable,
    helpValue: 'HOST',
    summary: 'use HTTP without TLS for this registry (repeatable)',
  }),
  insecure: Flags.string({
    ...connection,
    ...repeatable,
    helpValue: 'HOST',
    summary: 'do not verify the certificate of this registry (repeatable)',
  }),
  'ca-file': Flags.string({
    ...connection,
    ...repeatable,
    helpValue: '[HOST=]FILE',
    summary: 'trust these certificates too (PEM); for all that are named, or HOST=FILE (repeatable)',
  }),
  'cert-file': Flags.string({
    ...connection,
    ...repeatable,
    helpValue: '[HOST=]FILE',
    summary: 'client certificate (PEM); for all that are named, or HOST=FILE (repeatable)',
  }),
  'key-file': Flags.string({
    ...connection,
    ...repeatable,
    helpValue: '[HOST=]FILE',
    summary: 'key of the client certificate (PEM); for all that are named, or HOST=FILE (repeatable)',
  }),
  authfile: Flags.string({ ...connection, helpValue: 'FILE', summary: 'read credentials from this config.json' }),
  'mirrors-from': Flags.string({
    ...connection,
    ...repeatable,
    helpValue: 'docker|containerd|podman|FILE',
    summary: 'read through the mirrors of this configuration too; none: through no mirror (repeatable)',
  }),
  'connect-timeout': seconds({ summary: 'give up a connection that does not stand after so long (30)' }),
  'stall-timeout': seconds({ summary: 'give up a body in which nothing moves for so long (60)' }),
  'requests-per-second': Flags.custom<number>({
    ...connection,
    helpValue: 'N',
    parse: async (text: string) => parseFrequency(text),
    summary: 'send no host more requests than that',
  })(),
}

/** For long work. */
export const progressFlag = Flags.option({
  options: progressModes,
  default: 'auto' as const,
  helpValue: progressModes.join('|'),
  summary: 'how to show progress on stderr',
})

/** `--jobs N`: how many transfers at once. */
export const jobsFlag = Flags.integer({ min: 1, max: 64, helpValue: 'N', summary: 'transfers at once' })

/** `--limit-rate BYTES`: how fast bodies pass, all transfers together. */
export const limitRateFlag = Flags.custom<number>({
  helpValue: 'BYTES',
  parse: async (text: string) => parseByteRate(text),
  summary: 'bytes a second, all transfers together: 500k, 2M, 10MiB',
})

/** `--pull-command TOOL`: how to pull what is shown. */
export const pullCommandFlag = Flags.option({
  options: pullTools,
  helpValue: pullTools.join('|'),
  summary: 'show how to pull it with this program, by tag and pinned by digest',
})

/** `--limit N`: list that many at most. */
export const limitFlag = Flags.integer({ min: 1, helpValue: 'N', summary: 'list that many at most' })

/** `--digest DIGEST`: content by its digest. */
export const digestFlag = Flags.custom<Digest>({
  helpValue: 'DIGEST',
  parse: async (text: string) => {
    if (isDigest(text)) return text
    throw new RegctlError('USAGE', `${JSON.stringify(text.slice(0, 200))} is not a digest`, {
      hint: 'a digest looks like sha256: and 64 lower-case hexadecimal digits',
    })
  },
})

/** A text flag that may be given again and again. */
export const repeatableText = Flags.custom<string[]>({ multiple: true, multipleNonGreedy: true })

const platformOptions = { helpValue: 'OS/ARCH[/VARIANT]', parse: async (text: string) => parsePlatform(text) }

/** `--platform P`: one of an index. */
export const platformFlag = Flags.custom<Platform>({ ...platformOptions, summary: 'the image for this platform' })

/** `--platform P`, again and again. */
export const platformsFlag = Flags.custom<Platform>({
  ...repeatable,
  ...platformOptions,
  summary: 'only this platform (repeatable); all when left out',
})

/** What the shared flags say, as `config/` takes it. */
export function configFlags(flags: GlobalFlags & CopyFlags, registries: readonly string[] = []): ConfigFlags {
  return {
    registries,
    plainHttp: flags['plain-http'],
    insecure: flags.insecure,
    caFile: flags['ca-file'],
    certFile: flags['cert-file'],
    keyFile: flags['key-file'],
    authFile: flags.authfile,
    jobs: flags.jobs,
    limitRate: flags['limit-rate'],
    requestsPerSecond: flags['requests-per-second'],
    connectTimeout: flags['connect-timeout'],
    stallTimeout: flags['stall-timeout'],
    mirrorsFrom: flags['mirrors-from'],
  }
}

/** Flags of copies that the configuration file knows too. */
export interface CopyFlags {
  jobs?: number | undefined
  'limit-rate'?: number | undefined
}

export interface GlobalFlags {
  json: boolean
  quiet: boolean
  verbose: boolean
  'plain-http'?: string[] | undefined
  insecure?: string[] | undefined
  'ca-file'?: string[] | undefined
  'cert-file'?: string[] | undefined
  'key-file'?: string[] | undefined
  authfile?: string | undefined
  'connect-timeout'?: number | undefined
  'stall-timeout'?: number | undefined
  'mirrors-from'?: string[] | undefined
  'requests-per-second'?: number | undefined
}
