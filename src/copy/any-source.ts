import type { Descriptor } from '../model/descriptor.ts'
import { isElsewhereToo, mostSources } from '../store/read.ts'
import type { PushOptions, PushOutcome, Source } from '../store/store.ts'

/** A mirror that lies is found out at the last byte: then all is sent once more, from elsewhere, and nothing that arrived is kept. */
export async function fromAnySource(
  from: Source,
  target: Descriptor,
  push: () => Promise<PushOutcome>,
  { checkpoint }: Pick<PushOptions, 'checkpoint'>,
): Promise<PushOutcome> {
  for (let tries = 1; ; tries++) {
    try {
      return await push()
    } catch (error) {
      if (!isElsewhereToo(error, from, target) || tries >= mostSources) throw error
    }
    await checkpoint?.clear()
  }
}
