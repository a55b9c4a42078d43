import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Where dockerd is told something besides its file. */
export interface DaemonFlags {
  /** Who gives `--registry-mirror`: `/etc/systemd/system/docker.service.d/mirror.conf`, or the process. */
  mirrors: string[]
  /** `--config-file` of the dockerd that runs. */
  configFile?: string
}

const units = ['/etc/systemd/system', '/run/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system']
/** Shell files that start scripts and units read for options. */
const options = ['/etc/default/docker', '/etc/sysconfig/docker', '/etc/conf.d/docker']
const mirrorFlag = /(?:^|[\s"'=])--registry-mirror(?:[\s="']|$)/
/** Processes looked at: a machine with more has no file to be edited by hand. */
const mostProcesses = 20_000

/**
 * What the running dockerd and its start scripts say. dockerd does not start when its file and its flags both name mirrors (PROTOCOL 4.5).
 * @param root where `/etc`, `/proc` and the rest are; '/' but in tests
 */
export async function daemonFlags(root = '/'): Promise<DaemonFlags> {
  const [unit, scripts, processes] = await Promise.all([startLines(root), scriptLines(root), running(root)])
  const mirrors = [...unit, ...scripts, ...processes]
    .filter(({ text }) => mirrorFlag.test(text))
    .map(({ from }) => from)
  const configFile = processes.map(({ args }) => flagOf(args, '--config-file')).find(path => path !== undefined)
  return { mirrors: [...new Set(mirrors)], ...(configFile !== undefined && { configFile }) }
}

interface Line {
  from: string
  text: string
}

/** The ExecStart lines that count: an empty one takes back all before it (systemd.service(5)). */
async function startLines(root: string): Promise<Line[]> {
  const files: Line[] = []
  for (const folder of units) {
    const path = join(root, folder, 'docker.service')
    const text = await readText(path)
    if (text === undefined) continue
    files.push({ from: path, text })
    break
  }
  const dropIns = await Promise.all(units.map(folder => textsIn(join(root, folder, 'docker.service.d'))))
  const nameOf = ({ from }: Line) => from.split('/').at(-1) ?? ''
  // Of two drop-ins with one name the first folder's counts; all are read in the order of their names.
  const byName = new Map(
    dropIns
      .flat()
      .reverse()
      .map(file => [nameOf(file), file]),
  )
  files.push(...[...byName.values()].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)))
  let starts: Line[] = []
  const settings: Line[] = []
  for (const { from, text } of files) {
    const assignments = text.replace(/\\\r?\n/g, ' ').matchAll(/^[ \t]*(ExecStart|Environment)[ \t]*=(.*)$/gm)
    for (const [, name, value = ''] of assignments) {
      if (name === 'Environment') settings.push({ from, text: value })
      else if (value.trim() === '') starts = []
      else starts.push({ from, text: value })
    }
  }
  return [...starts, ...settings]
}

async function scriptLines(root: string): Promise<Line[]> {
  const found = await Promise.all(
    options.map(async path => ({ from: join(root, path), text: (await readText(join(root, path))) ?? '' })),
  )
  return found.flatMap(({ from, text }) =>
    text
      .split('\n')
      .filter(line => !/^\s*#/.test(line))
      .map(line => ({ from, text: line })),
  )
}

async function running(root: string): Promise<(Line & { args: string[] })[]> {
  const ids = (await readdir(join(root, 'proc')).catch(() => []))
    .filter(name => /^\d+$/.test(name))
    .slice(0, mostProcesses)
  const found: (Line & { args: string[] })[] = []
  for (const id of ids) {
    const args = (await readText(join(root, 'proc', id, 'cmdline')))?.split('\0') ?? []
    if (!/(?:^|\/)dockerd$/.test(args[0] ?? '')) continue
    found.push({ from: `the running dockerd (process ${id})`, text: args.join(' '), args })
  }
  return found
}

function flagOf(args: readonly string[], name: string): string | undefined {
  const at = args.findIndex(arg => arg === name || arg.startsWith(`${name}=`))
  const arg = args[at]
  if (arg === undefined) return undefined
  return arg === name ? args[at + 1] : arg.slice(name.length + 1)
}

async function textsIn(folder: string): Promise<Line[]> {
  const names = (await readdir(folder).catch(() => [])).filter(name => name.endsWith('.conf'))
  return Promise.all(
    names.map(async name => ({ from: join(folder, name), text: (await readText(join(folder, name))) ?? '' })),
  )
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}
