import type { Digest } from '../model/digest.ts'
import { shellWord } from '../model/shell.ts'

/** Programs that a command to pull can be written for. */
export const pullTools = ['docker', 'podman', 'nerdctl', 'regctl'] as const

/** See {@link pullTools}. */
export type PullTool = (typeof pullTools)[number]

export interface Pullable {
  /** With its registry: `docker.io/library/nginx`. */
  repository: string
  tag?: string | undefined
  digest?: Digest | undefined
}

/** Command lines for a POSIX shell. */
export interface PullCommands {
  /** What the tag names when it is run. */
  tag?: string
  /** This very image. */
  digest?: string
}

/** How to pull an image with this program, by its tag and pinned by its digest: name and digest, which every program takes. */
export function pullCommands(tool: PullTool, { repository, tag, digest }: Pullable): PullCommands {
  const line = (image: string) => wordsFor(tool, image, { repository, tag }).map(shellWord).join(' ')
  return {
    ...(tag !== undefined && { tag: line(`${repository}:${tag}`) }),
    ...(digest !== undefined && { digest: line(`${repository}@${digest}`) }),
  }
}

function wordsFor(tool: PullTool, image: string, { repository, tag = 'latest' }: Pullable): string[] {
  if (tool !== 'regctl') return [tool, 'pull', image]
  return ['regctl', 'copy', image, `oci:${repository.slice(repository.lastIndexOf('/') + 1)}:${tag}`]
}
