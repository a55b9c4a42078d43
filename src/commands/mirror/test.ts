import { string } from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../../cli/command.ts'
import type { MirrorTest } from '../../mirror/test-mirrors.ts'
import { RegctlError } from '../../model/errors.ts'
import { parseSeconds } from '../../model/quantity.ts'
import { hubRegistry, parseReference } from '../../model/reference.ts'

export default class MirrorTestCommand extends RegctlCommand<typeof MirrorTestCommand, MirrorTest> {
  static override summary = 'measure mirrors and rank them'
  static override description =
    'Each is asked what a pull asks, side by side and without a login: its name, /v2/, a tag (is it stale?), a small layer (its bytes are verified), a part of it. Without URLs: the mirrors that are configured, and well-known ones of Docker Hub, of which nothing is promised.'
  static override examples = [
    'regctl mirror test',
    'regctl mirror test https://mirror.example https://cache.example/hub',
    {
      description: 'with an image of your own',
      command: 'regctl mirror test --image nginx:1.27 https://mirror.example',
    },
  ]
  static override args = {
    url: string({ description: 'https://HOST[:PORT][/PATH]', multiple: true }),
  }
  static override flags = {
    image: Flags.string({ default: 'busybox', helpValue: 'IMAGE', summary: 'what is read from the mirrors' }),
    timeout: Flags.custom<number>({
      helpValue: 'SECONDS',
      parse: async (text: string) => parseSeconds(text),
      summary: 'for each mirror (20)',
    })(),
  }

  protected async execute(
    { url: urls = [] }: ArgsOf<typeof MirrorTestCommand>,
    { image, timeout }: FlagsOf<typeof MirrorTestCommand>,
  ): Promise<MirrorTest> {
    const { registry, repository } = parseReference(image)
    const [client, { testMirrors }, { accelerators }] = await Promise.all([
      this.client(),
      import('../../mirror/test-mirrors.ts'),
      import('../../mirror/candidates.ts'),
    ])
    const { connect, places } = await client.mirrors()
    const wanted = { registry, repository }
    const given = urls.length > 0 ? await places(wanted, urls) : await places(wanted)
    const known = urls.length > 0 || registry !== hubRegistry ? [] : accelerators.map(({ url }) => url)
    const all = [...given, ...(await places(wanted, known))]
    const tested = all.filter(({ name }, at) => all.findIndex(each => each.name === name) === at)
    if (tested.length === 0) {
      throw new RegctlError('USAGE', `no mirror of ${registry} is configured on this machine`, {
        hint: 'name one: regctl mirror test https://mirror.example',
      })
    }
    const { store, reference } = await client.open(image, { direct: true })
    return testMirrors(
      tested.map(place => ({ mirror: place.name, connect: () => connect(place) })),
      { upstream: store, reference, signal: this.signal, ...(timeout !== undefined && { timeout: timeout * 1000 }) },
    )
  }

  protected async view(result: MirrorTest): Promise<string> {
    const { mirrorTestText } = await import('../../output/mirror-test.ts')
    return mirrorTestText(result, this.style)
  }

  protected override shortfall({ mirrors, image }: MirrorTest): RegctlError | undefined {
    if (mirrors.some(({ state }) => state === 'good')) return undefined
    return new RegctlError('UNREACHABLE', `none of ${mirrors.length} mirrors is good for ${image}`)
  }
}
