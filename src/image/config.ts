import { type Descriptor, isObject } from '../model/descriptor.ts'
import { parseJson } from '../model/json.ts'
import { isImageConfigType } from '../model/media-types.ts'
import { readVerified } from '../store/read.ts'
import type { Options, Source } from '../store/store.ts'

/** What an image's config says (image-spec config.md); all of it optional, none of it trusted. */
export interface ImageConfig {
  os: string | null
  architecture: string | null
  variant: string | null
  created: string | null
  run: {
    entrypoint: string[]
    cmd: string[]
    env: string[]
    workdir: string
    user: string
    exposedPorts: string[]
    volumes: string[]
    labels: Record<string, string>
  }
  history: { created: string | null; createdBy: string | null; empty: boolean }[]
}

/** `undefined` for a config that is no image's: an artifact's, a chart's, a plugin's. */
export async function readImageConfig(
  source: Source,
  config: Descriptor,
  options: Options,
): Promise<ImageConfig | undefined> {
  if (!isImageConfigType(config.mediaType)) return undefined
  const value = parseJson(await readVerified(source, config, options), `config ${config.digest}`)
  if (!isObject(value)) return undefined
  const run = isObject(value.config) ? value.config : {}
  return {
    os: text(value.os),
    architecture: text(value.architecture),
    variant: text(value.variant),
    created: text(value.created),
    run: {
      entrypoint: texts(run.Entrypoint),
      cmd: texts(run.Cmd),
      env: texts(run.Env),
      workdir: text(run.WorkingDir) ?? '',
      user: text(run.User) ?? '',
      exposedPorts: keys(run.ExposedPorts),
      volumes: keys(run.Volumes),
      labels: Object.fromEntries(
        Object.entries(isObject(run.Labels) ? run.Labels : {}).map(([key, label]) => [key, String(label)]),
      ),
    },
    history: (Array.isArray(value.history) ? value.history : []).filter(isObject).map(step => ({
      created: text(step.created),
      createdBy: text(step.created_by),
      empty: step.empty_layer === true,
    })),
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : []
}

function keys(value: unknown): string[] {
  return isObject(value) ? Object.keys(value) : []
}
