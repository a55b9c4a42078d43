import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { changeMirrors } from '../../src/mirror/change.ts'

// Run as a program by kill.test.ts: adds a mirror to ROOT/daemon.json, as `mirror add` does.
const [root = ''] = process.argv.slice(2)
// The one thread that does the work begins to count where the main thread never gets: a kill by number hits the right one.
for (let at = 0; at < 200; at++) await stat(root)
await changeMirrors(
  { kind: 'daemon-json', path: join(root, 'daemon.json') },
  { add: 'https://new.example' },
  { engines: { docker: [], containerd: [], podman: [] }, run: async () => undefined, root },
)
