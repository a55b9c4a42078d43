import { readFile } from 'node:fs/promises'
import * as Flags from '@oclif/core/flags'
import { isObject, stringMap } from '../model/descriptor.ts'
import { NotFoundError, RegctlError } from '../model/errors.ts'
import { parseJson } from '../model/json.ts'
import { parseLocation } from '../model/location.ts'
import { isMediaType } from '../model/media-types.ts'
import { parseReference } from '../model/reference.ts'
import { repeatableText } from './flags.ts'

/** `--artifact-type TYPE`, a media type (item 84). */
export const artifactTypeFlag = Flags.custom<string>({
  helpValue: 'TYPE',
  parse: async (text: string) => mediaType(text),
})

/** `--annotation KEY=VALUE`, again and again. */
export const annotationFlag = repeatableText({
  helpValue: 'KEY=VALUE',
  summary: 'an annotation of the manifest (repeatable)',
})

/** What several `--annotation` say; of one key the last counts. @throws RegctlError USAGE */
export function parseAnnotations(texts: readonly string[] = []): Record<string, string> {
  const map: Record<string, string> = Object.create(null)
  for (const text of texts) {
    const equals = text.indexOf('=')
    if (equals < 1) {
      throw new RegctlError('USAGE', `${JSON.stringify(text.slice(0, 100))} is not an annotation`, {
        hint: 'write KEY=VALUE, such as org.opencontainers.image.version=1.2',
      })
    }
    map[text.slice(0, equals)] = text.slice(equals + 1)
  }
  return map
}

/** Annotations by what they belong to: `$manifest`, `$config`, or a file as it was named; the form of oras. */
export type AnnotationFile = ReadonlyMap<string, Readonly<Record<string, string>>>

/** @throws NotFoundError, InvalidContentError */
export async function readAnnotationFile(path: string | undefined): Promise<AnnotationFile> {
  if (path === undefined) return new Map()
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new NotFoundError(`there is no file ${path}`)
    throw error
  })
  const value = parseJson(bytes, path)
  if (!isObject(value)) throw new RegctlError('CONTENT_INVALID', `${path} holds no annotations: it is not an object`)
  return new Map(Object.entries(value).map(([key, map]) => [key, stringMap(map, `${path}: ${key}`) ?? {}]))
}

/** Whether the person named a tag; without one an image is `latest`, where that is meant. */
export function namesTag(text: string): boolean {
  const location = parseLocation(text)
  if (location.scheme !== 'registry') return location.reference !== undefined
  return parseReference(text, { defaultTag: false }).tag !== undefined
}

function mediaType(text: string): string {
  if (isMediaType(text)) return text
  throw new RegctlError('USAGE', `${JSON.stringify(text.slice(0, 100))} is not a media type`, {
    hint: 'write TYPE/SUBTYPE, such as application/spdx+json',
  })
}
