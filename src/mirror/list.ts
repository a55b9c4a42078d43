import type { MirrorSettings } from '../config/hosts.ts'
import { mirrorPlace, type Wanted } from './address.ts'
import { type EnginesOptions, engineMirrors } from './engines.ts'

/** A mirror that somebody on this machine has configured. */
export interface ListedMirror {
  /** `https://mirror.example` */
  mirror: string
  /** `config` (our own file), `docker`, `containerd`, `podman`, or the file that was named. */
  from: string
  /** Whether regctl reads through it. */
  used: boolean
  /** Whether it may say what a tag names. */
  resolve: boolean
}

/** Which configurations are read. */
export interface ListOptions extends EnginesOptions {
  own: readonly MirrorSettings[]
  /** Whose mirrors are used besides our own; `none`: no mirror at all. */
  mirrorsFrom: readonly string[]
  /** One file or folder of an engine, and nothing else. */
  only?: string | undefined
}

const engines = ['docker', 'containerd', 'podman'] as const

/** What our own configuration names, then each engine's, used or not. @throws RegctlError CONFIG_INVALID */
export async function listMirrors(wanted: Wanted, options: ListOptions): Promise<ListedMirror[]> {
  const { own, mirrorsFrom, only } = options
  const isOff = mirrorsFrom.includes('none')
  const others = only === undefined ? new Set([...mirrorsFrom.filter(from => from !== 'none'), ...engines]) : [only]
  const listed = (only === undefined ? own : [])
    .map(settings => mirrorPlace(settings, wanted))
    .map(({ name, resolve }) => ({ mirror: name, from: 'config', used: !isOff, resolve }))
  for (const from of others) {
    for (const { name, resolve } of await engineMirrors(from, wanted, options))
      listed.push({ mirror: name, from, used: !isOff && mirrorsFrom.includes(from), resolve })
  }
  return listed
}
