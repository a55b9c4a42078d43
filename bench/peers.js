import { spawnSync } from 'node:child_process'
import { accessSync, constants, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

/**
 * @typedef {{ name: string, path: string, version: string, toolchain: string }} Tool `toolchain`: the Go it was built with
 */

/** Built once with the Go of this machine, each into a folder of its own version. */
const modules = {
  crane: { path: 'github.com/google/go-containerregistry/cmd/crane', version: 'v0.22.1' },
  regctl: { path: 'github.com/regclient/regclient/cmd/regctl', version: 'v0.11.7' },
  oras: { path: 'oras.land/oras/cmd/oras', version: 'v1.3.6' },
  registry: { path: 'github.com/distribution/distribution/v3/cmd/registry', version: 'v3.1.2' },
}

/** Where programs that were built stay between runs. */
export const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'regctl-bench')

/**
 * The program by its Go module, built when it is not in the cache; where that fails, from PATH under any of the other names.
 *
 * @param {string} name crane, skopeo, regctl, oras or registry
 * @param {(line: string) => void} say
 * @param {string[]} alsoNamed
 * @returns {Tool | undefined} nothing where it can neither be built nor found
 */
export function findTool(name, say, alsoNamed = [name]) {
  const built = Object.hasOwn(modules, name) ? build(name, say) : undefined
  const path =
    built ?? onPath(join(cache, name), name) ?? alsoNamed.map(other => onPath(process.env.PATH, other)).find(Boolean)
  return path === undefined ? undefined : describeTool(name, path)
}

/**
 * @param {string} name
 * @param {string} path
 * @returns {Tool}
 */
export function describeTool(name, path) {
  const information = go(['version', '-m', path])
  return {
    name,
    path,
    version: /^\s+mod\s+\S+\s+(v\S+)/m.exec(information)?.[1] ?? askVersion(path),
    toolchain: /: (go\S+)/.exec(information)?.[1] ?? 'unknown Go',
  }
}

/** @param {string} name @param {(line: string) => void} say @returns {string | undefined} */
function build(name, say) {
  const wanted = modules[/** @type {keyof typeof modules} */ (name)]
  const folder = join(cache, `${name}-${wanted.version}`)
  const present = onPath(folder, name)
  if (present) return present
  mkdirSync(folder, { recursive: true })
  say(`building ${name} ${wanted.version} with Go, once`)
  const env = { ...process.env, GOBIN: folder, CGO_ENABLED: '0' }
  const { status, stderr } = spawnSync('go', ['install', `${wanted.path}@${wanted.version}`], {
    env,
    encoding: 'utf8',
    timeout: 10 * 60_000,
  })
  if (status !== 0) say(`${name} could not be built: ${stderr?.trim().split('\n').at(-1) ?? 'there is no Go'}`)
  return onPath(folder, name)
}

/** @param {string[]} args */
function go(args) {
  return spawnSync('go', args, { encoding: 'utf8' }).stdout ?? ''
}

/** @param {string} path */
function askVersion(path) {
  const said = spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout ?? ''
  return /\d+\.\d+\S*/.exec(said)?.[0] ?? 'unknown version'
}

/** @param {string | undefined} folders @param {string} name */
function onPath(folders = '', name) {
  return folders
    .split(delimiter)
    .map(folder => join(folder, name))
    .find(isExecutable)
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
