// Builds dist/bin (the program: one CommonJS file, beside it the libraries that are loaded when they are first used), dist/lib (the
// library: plain ESM with types) and oclif.manifest.json.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { appendFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { lazyOclif, leanOclif, libraryFile, requiredBuiltins, withoutHttp2 } from './bundle-plugins.js'
import { commandFiles, makeManifest } from './manifest.js'
import { notices } from './notices.js'
import { hashSources, stampOf } from './stamp.js'

const root = join(import.meta.dirname, '..')

/** @type {import('esbuild').BuildOptions} */
const common = {
  absWorkingDir: root,
  metafile: true,
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20.19',
  // ESM where a package has both: what a UMD wrapper requires by a computed name, no bundler finds (jsonc-parser).
  mainFields: ['module', 'main'],
  define: { 'import.meta.url': 'importMetaUrl' },
  banner: { js: "const requireOutside = require, importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
  minifySyntax: true,
  minifyWhitespace: true,
  logLevel: 'warning',
  logOverride: { 'require-resolve-not-external': 'silent' },
}

const sources = await hashSources(root)
// Whoever runs the program meanwhile finds the old build or the new one, whole.
const fresh = `dist.${process.pid}`
await rm(join(root, fresh), { recursive: true, force: true })
try {
  await mkdir(join(root, fresh))
  await Promise.all([bundle(join(fresh, 'bin')), buildLibrary(join(fresh, 'lib'))])
  await writeManifest(join(root, fresh, 'bin/regctl.cjs'))
  await writeFile(join(root, fresh, '.stamp'), await stampOf(root, sources))
  await rm(join(root, 'dist'), { recursive: true, force: true })
  await rename(join(root, fresh), join(root, 'dist'))
} finally {
  await rm(join(root, fresh), { recursive: true, force: true })
}

/** @param {string} outdir from the root */
async function bundle(outdir) {
  /** @type {Set<string>} */
  const libraries = new Set()
  const plugins = [lazyOclif, leanOclif, requiredBuiltins(libraries), withoutHttp2]
  const loaders = [...(await commandFiles(join(root, 'src/commands')))].map(
    ([id, file]) => `${JSON.stringify(id)}: () => import(${JSON.stringify(file)})`,
  )
  const program = `export { main } from './src/cli/main.ts'\nexport const commands = { ${loaders.join(', ')} }`
  /** @type {Omit<import('esbuild').BuildOptions, 'metafile'>[]} */
  const programs = [
    { outfile: join(outdir, 'regctl.cjs'), stdin: { contents: program, resolveDir: root, loader: 'ts' } },
    { outfile: join(outdir, 'docker-credential-regctl.cjs'), entryPoints: ['src/cli/credential-helper.ts'] },
  ]
  /** @type {import('esbuild').BuildResult[]} */
  const outputs = await Promise.all(programs.map(options => build({ ...common, ...options, plugins })))
  for (const name of libraries) outputs.push(await buildLibraryFile(name, outdir))
  const inputs = outputs.flatMap(({ metafile }) => Object.keys(metafile?.inputs ?? {}))
  await writeFile(join(root, outdir, 'THIRD-PARTY.txt'), await notices(root, inputs))
  for (const name of ['regctl.cjs', 'docker-credential-regctl.cjs']) await sign(join(root, outdir, name))
}

/** @param {string} name of a package @param {string} outdir */
function buildLibraryFile(name, outdir) {
  // One shape for both kinds of packages: what `import()` gives.
  const contents = `export * from '${name}'\nimport * as all from '${name}'\nexport default all.default`
  return build({
    ...common,
    stdin: { contents, resolveDir: root, sourcefile: 'library.mjs' },
    outfile: join(outdir, libraryFile(name)),
    plugins: [requiredBuiltins(new Set()), withoutHttp2],
    logOverride: { ...common.logOverride, 'import-is-undefined': 'silent' },
  })
}

/** What V8 keeps of a file in one run is for the same file in another (bin/compiled.js). @param {string} file */
async function sign(file) {
  await appendFile(
    file,
    `// ${createHash('sha256')
      .update(await readFile(file))
      .digest('hex')
      .slice(0, 32)}\n`,
  )
}

/** @param {string} outDir from the root */
async function buildLibrary(outDir) {
  if (!existsSync(join(root, 'src/index.ts'))) return
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const args = [tsc, '-p', 'tsconfig.build.json', '--outDir', outDir]
  await promisify(execFile)(process.execPath, args, { cwd: root }).catch(error => {
    throw new Error(`tsc failed:\n${error.stdout}${error.stderr}`)
  })
}

/** Touches the committed file only when it says something else. @param {string} program the built one */
async function writeManifest(program) {
  const file = join(root, 'oclif.manifest.json')
  const { commands } = createRequire(import.meta.url)(program)
  const text = `${JSON.stringify(await makeManifest(root, id => commands[id]()), null, 2)}\n`
  const before = await readFile(file, 'utf8').catch(() => '')
  if (text !== before) await writeFile(file, text)
}
