// Copies many images in one process: `node --import tsx fleet-child.ts HOME SOURCE DESTINATION COUNT`, hosts as `127.0.0.1:PORT`.
import { copyFleet } from './fleet-images.ts'

const [home = '', source = '', destination = '', count = ''] = process.argv.slice(2)
await copyFleet({ home, source, destination, count: Number(count) })
