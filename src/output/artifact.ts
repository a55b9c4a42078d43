import type { ArtifactFile, PulledFile } from '../artifact/pull.ts'
import type { Digest } from '../model/digest.ts'
import { escapeText } from './escape.ts'
import type { Style } from './style.ts'
import { table } from './table.ts'
import { formatBytes } from './units.ts'

/** What `artifact push` and `artifact attach` report. */
export interface PushedArtifact {
  reference: string
  /** Without tag or digest. */
  repository: string
  digest: Digest
  mediaType: string
  /** Bytes of the manifest. */
  size: number
  /** The type, or else that of the config. */
  artifactType: string | null
  subject: Digest | null
  files: ArtifactFile[]
}

/** What `artifact pull` reports. */
export interface PulledArtifact {
  reference: string
  digest: Digest
  files: PulledFile[]
}

/** One line that the next command can take: `127.0.0.1:5000/demo/app@sha256:…`. */
export function pushedText({ repository, digest }: Pick<PushedArtifact, 'repository' | 'digest'>): string {
  return `${escapeText(repository)}@${digest}`
}

/** A table of the files and what they are. */
export async function pulledText({ files }: PulledArtifact, style: Style): Promise<string> {
  if (files.length === 0) return 'the artifact has no files'
  const columns = [
    { title: 'FILE', fit: 'wrap', paint: 'cyan' },
    { title: 'SIZE', align: 'right' },
    { title: 'TYPE', fit: 'cut' },
    { title: 'DIGEST', fit: 'cut' },
  ] as const
  const rows = files.map(({ path, size, mediaType, digest }) => [path, formatBytes(size), mediaType, digest])
  return table(columns, rows, style)
}
