import { layoutStore } from '../../src/store/layout.ts'
import { makeImage, seed } from '../helpers/images.ts'

// A process of its own for layout-processes.test.ts: writes images into a layout, and says each one it has finished.
const [path = '', kind = '', first = '0', count = '0'] = process.argv.slice(2)
const store = layoutStore(path)
for (let at = Number(first); at < Number(first) + Number(count); at += 1) {
  const tag = kind === 'retag' ? 'v' : `${kind}-${at}`
  await seed(store, makeImage({ layers: [kind === 'retag' ? 200_000 : 500], seed: `${kind}-${at}` }), tag)
  process.stdout.write(`${at}\n`)
}
