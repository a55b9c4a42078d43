import { testClient } from '../helpers/client.ts'
import { makeImage, openBytes } from '../helpers/images.ts'
import { artifactOf } from './referrers-artifact.ts'

// A process of its own for referrers-processes.test.ts: attaches artifacts to the image of one seed, five at a time.
const [place = '', home = '', subject = '', name = '', count = '0'] = process.argv.slice(2)
const client = await testClient({ home })
const { store } = await client.open(place, { write: true })
const { root } = makeImage({ seed: subject })
const numbers = Array.from({ length: Number(count) }, (_, at) => at).values()
const lane = async () => {
  for (const at of numbers) {
    // What is below it is there already: the manifest and the list are all that is written.
    const artifact = artifactOf(root, `${name}-${at}`)
    await store.push(artifact.root, openBytes(artifact.contents.get(artifact.root.digest)?.bytes ?? Buffer.alloc(0)))
  }
}
await Promise.all(Array.from({ length: 5 }, lane))
await client.close()
