// Bodies alone: cold copies of large and of many blobs by several builds of ours and by crane, in turn. `node bench/pump.js NAME=FILE…`,
// each FILE a build's bin/run.js or a crane.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { makeCertificates } from './certificates.js'
import { pushImage } from './images.js'
import { run } from './measure.js'
import { startRegistry } from './registries.js'
import { markdownTable } from './report.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    registry: { type: 'string', default: '/usr/bin/docker-registry' },
    folder: { type: 'string', default: tmpdir() },
  },
})
const mebibyte = 1024 * 1024
const shapes = { big: { layers: 4, size: 256 * mebibyte }, many: { layers: 40, size: mebibyte } }
const folder = mkdtempSync(join(values.folder, 'regctl-pump-'))
const signal = new AbortController().signal
const programs = positionals.map(text => {
  const [name = '', file = ''] = text.split('=')
  return { name, file: resolve(file) }
})
/** @type {import('./registries.js').Registry[]} */
const registries = []

try {
  const certificates = await makeCertificates()
  const ca = join(folder, 'ca.pem')
  writeFileSync(ca, certificates.ca)
  /** @param {string} name @param {boolean} [secure] @param {string} [data] */
  const start = async (name, secure = false, data = join(folder, `${name}-data`)) => {
    const registry = await startRegistry(name, {
      program: values.registry,
      folder,
      data,
      ...(secure && { tls: certificates }),
    })
    registries.push(registry)
    return registry
  }
  const source = await start('source')
  for (const [name, shape] of Object.entries(shapes)) await pushImage(source, name, { platforms: 1, ...shape })
  const lines = {
    plain: { from: source, to: await start('destination') },
    TLS: { from: await start('source-tls', true, source.data), to: await start('destination-tls', true) },
  }
  for (const [line, { from, to }] of Object.entries(lines)) {
    for (const shape of Object.keys(shapes)) await compare(`${shape}, ${line}`, { shape, from, to, ca })
  }
} finally {
  for (const registry of registries) await registry.stop()
  rmSync(folder, { recursive: true, force: true })
}

/**
 * @param {string} title
 * @param {{ shape: string, from: import('./registries.js').Registry, to: import('./registries.js').Registry, ca: string }} options
 */
async function compare(title, { shape, from, to, ca }) {
  /** @type {Map<string, import('./measure.js').Run[]>} */
  const runs = new Map(programs.map(({ name }) => [name, []]))
  /** @type {number[]} */
  for (let round = 0; round <= Number(values.rounds); round += 1) {
    for (const { name, file } of programs) {
      to.empty()
      const home = join(folder, `home-${name}`)
      mkdirSync(home, { recursive: true })
      const places = [`127.0.0.1:${from.port}/bench/${shape}:1`, `127.0.0.1:${to.port}/bench/${shape}:1`]
      const ours = file.endsWith('.js')
      const args = ours
        ? [
            file,
            'copy',
            ...(to.ca ? [from, to].flatMap(({ port }) => ['--ca-file', `127.0.0.1:${port}=${ca}`]) : []),
            ...places,
          ]
        : ['copy', ...places]
      const env = { PATH: process.env.PATH, HOME: home, SSL_CERT_FILE: ours ? undefined : ca }
      const done = await run({ file: ours ? process.execPath : file, args, env }, { folder, signal, timeout: 120 })
      if (done.status !== 0) throw new Error(`${name} failed:\n${done.output}`)
      if (round > 0) runs.get(name)?.push(done)
    }
  }
  const base = programs.at(-1)?.name ?? ''
  /** @param {string} name @param {'wall' | 'cpu' | 'memory'} figure */
  const median = (name, figure) =>
    (runs.get(name) ?? []).map(done => done[figure]).toSorted((a, b) => a - b)[Math.floor(Number(values.rounds) / 2)] ??
    0
  const rows = programs.map(({ name }) => [
    name,
    median(name, 'wall').toFixed(2),
    (median(name, 'wall') / median(base, 'wall')).toFixed(2),
    median(name, 'cpu').toFixed(2),
    (median(name, 'cpu') / median(base, 'cpu')).toFixed(2),
    (median(name, 'memory') / mebibyte).toFixed(0),
  ])
  console.log(`\n${title}\n\n${markdownTable(['', 'wall s', 'ratio', 'CPU s', 'ratio', 'MiB'], rows)}`)
}
