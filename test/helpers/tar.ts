import { createHash } from 'node:crypto'
import type { Sample } from './images.ts'

/** One member as it is to stand in the archive, honest or not. */
export interface TarMember {
  name: string | Buffer
  /** Default: empty. */
  content?: Buffer | string
  /** Default `0`, a file. */
  type?: string
  link?: string
  /** The size field, where it is not that of the content: a number in octal, or its twelve bytes. */
  size?: number | Buffer
  /** The checksum field, where it is to be wrong. */
  checksum?: string
  prefix?: string
  /** Default: POSIX. */
  magic?: string
  /** Leaves out what fills the last block. */
  isUnpadded?: boolean
}

/** A tar archive of these members, by no code of ours; `end` is what follows them. */
export function tar(members: readonly TarMember[], end: Buffer = Buffer.alloc(1024)): Buffer {
  return Buffer.concat([...members.map(tarMember), end])
}

export function tarMember(member: TarMember): Buffer {
  const content = Buffer.from(member.content ?? '')
  const filling = member.isUnpadded ? 0 : (512 - (content.length % 512)) % 512
  return Buffer.concat([header(member, content.length), content, Buffer.alloc(filling)])
}

/** A pax header (`x`, or `g` for all) with these records. */
export function pax(records: Readonly<Record<string, string>> | Buffer, type = 'x'): TarMember {
  const content = Buffer.isBuffer(records) ? records : Buffer.concat(Object.entries(records).map(paxRecord))
  return { name: 'PaxHeaders/0', type, content }
}

/** The members of an image layout with these tags. */
export function layoutMembers(samples: Readonly<Record<string, Sample>>): TarMember[] {
  const manifests = Object.entries(samples).map(([tag, { root }]) => ({
    ...root,
    annotations: { 'org.opencontainers.image.ref.name': tag },
  }))
  const contents = Object.values(samples).flatMap(({ contents }) => [...contents.values()])
  return [
    { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
    { name: 'index.json', content: JSON.stringify({ schemaVersion: 2, manifests }) },
    ...contents.map(({ descriptor, bytes }) => ({
      name: `blobs/${descriptor.digest.replace(':', '/')}`,
      content: bytes,
    })),
  ]
}

function paxRecord([key, value]: [string, string]): Buffer {
  const rest = Buffer.from(` ${key}=${value}\n`)
  let length = rest.length
  while (rest.length + String(length).length !== length) length = rest.length + String(length).length
  return Buffer.concat([Buffer.from(String(length)), rest])
}

function header(
  { name, type = '0', link = '', size, checksum, prefix = '', magic = 'ustar\x0000' }: TarMember,
  length: number,
): Buffer {
  const block = Buffer.alloc(512)
  Buffer.from(name).copy(block, 0, 0, 100)
  block.write('0000644\x000000000\x000000000\0', 100, 'latin1')
  if (Buffer.isBuffer(size)) size.copy(block, 124, 0, 12)
  else block.write(`${(size ?? length).toString(8).padStart(11, '0')}\0`, 124, 'latin1')
  block.write('00000000000\0', 136, 'latin1')
  block.write('        ', 148)
  block.write(type, 156, 'latin1')
  block.write(link, 157, 100, 'utf8')
  block.write(magic, 257, 'latin1')
  block.write(prefix, 345, 155, 'utf8')
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(checksum ?? `${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

/** A layer's content without compression, and in gzip. */
export interface ClassicLayer {
  name: string
  content: Buffer
}

/** The members of a `docker save` before Docker 25: `manifest.json`, `repositories`, `ID.json` and layers, by no code of ours. */
export function classicMembers(
  layers: readonly ClassicLayer[],
  { names = ['demo/app:1'], diffIds }: { names?: readonly string[] | null; diffIds: readonly string[] },
): TarMember[] {
  const config = JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: diffIds } })
  const id = createHash('sha256').update(config).digest('hex')
  return [
    ...layers,
    { name: `${id}.json`, content: config },
    {
      name: 'manifest.json',
      content: JSON.stringify([{ Config: `${id}.json`, RepoTags: names, Layers: layers.map(layer => layer.name) }]),
    },
    { name: 'repositories', content: '{}' },
  ]
}
