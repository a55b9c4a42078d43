import * as Flags from '@oclif/core/flags'
import type { Client } from '../client.ts'
import type { IndexSource } from '../compose/entries.ts'
import type { Platform } from '../model/descriptor.ts'
import { RegctlError } from '../model/errors.ts'
import { parsePlatform } from '../model/platform.ts'
import { platformsFlag } from './flags.ts'

/** What `index create` and `index add` share. */
export const indexFlags = {
  platform: platformsFlag({ summary: 'only the images for this platform (repeatable)' }),
  'desc-platform': Flags.custom<Platform>({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'OS/ARCH[/VARIANT]',
    parse: async (text: string) => parsePlatform(text),
    summary: 'write this platform instead of what the image says; one for each image, in their order',
  })(),
  replace: Flags.boolean({ summary: 'of two images for one platform the later one stays' }),
  sparse: Flags.boolean({ summary: 'only list the images, do not bring what is missing; many registries refuse that' }),
}

/** Opens what was named, each with the platform that was given for it. @throws RegctlError USAGE when there is not one for each */
export async function openSources(
  client: Client,
  images: readonly string[],
  platforms: readonly Platform[] = [],
): Promise<IndexSource[]> {
  if (platforms.length > 0 && platforms.length !== images.length) {
    throw new RegctlError('USAGE', `--desc-platform is given ${platforms.length} times, for ${images.length} images`, {
      hint: 'give it once for each image, in the same order; or add the others by another index add',
    })
  }
  return Promise.all(images.map(async (image, at) => ({ place: await client.open(image), platform: platforms[at] })))
}
