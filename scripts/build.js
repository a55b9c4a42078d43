// Builds dist/bin (the program: one ESM bundle, split so that a command loads only its own part), dist/lib (the library:
// plain ESM with types) and oclif.manifest.json.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { lazyOclif, leanOclif, requiredBuiltins, withoutHttp2 } from './bundle-plugins.js'
import { makeManifest } from './manifest.js'
import { notices } from './notices.js'
import { hashSources, stampOf } from './stamp.js'

const root = join(import.meta.dirname, '..')
const commands = 'src/commands'

const sources = await hashSources(root)
// Whoever runs the program meanwhile finds the old build or the new one, whole.
const fresh = `dist.${process.pid}`
await rm(join(root, fresh), { recursive: true, force: true })
try {
  await mkdir(join(root, fresh))
  await Promise.all([bundle(join(fresh, 'bin')), buildLibrary(join(fresh, 'lib'))])
  await writeManifest(`${fresh}/bin/commands`)
  await writeFile(join(root, fresh, '.stamp'), await stampOf(root, sources))
  await rm(join(root, 'dist'), { recursive: true, force: true })
  await rename(join(root, fresh), join(root, 'dist'))
} finally {
  await rm(join(root, fresh), { recursive: true, force: true })
}

/** @param {string} outdir from the root */
async function bundle(outdir) {
  const files = await readdir(join(root, commands), { recursive: true })
  const entries = files
    .filter(file => file.endsWith('.ts'))
    .map(file => [`commands/${file.replace(/\.ts$/, '')}`, join(root, commands, file)])
  const { metafile } = await build({
    metafile: true,
    absWorkingDir: root,
    entryPoints: {
      ...Object.fromEntries(entries),
      main: 'src/cli/main.ts',
      'docker-credential-regctl': 'src/cli/credential-helper.ts',
    },
    outdir,
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    // ESM where a package has both: what a UMD wrapper requires by a computed name, no bundler finds (jsonc-parser).
    mainFields: ['module', 'main'],
    // A native addon, and optional: found in node_modules at run time or not at all.
    external: ['keytar'],
    banner: {
      js: "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);",
    },
    plugins: [lazyOclif, leanOclif, requiredBuiltins, withoutHttp2],
    minifySyntax: true,
    minifyWhitespace: true,
    logLevel: 'warning',
  })
  await writeFile(join(root, outdir, 'THIRD-PARTY.txt'), await notices(root, Object.keys(metafile.inputs)))
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

/** Touches the committed file only when it says something else. */
async function writeManifest(/** @type {string} */ folder) {
  const file = join(root, 'oclif.manifest.json')
  const text = `${JSON.stringify(await makeManifest(root, folder, 'dist/bin/commands'), null, 2)}\n`
  const before = await readFile(file, 'utf8').catch(() => '')
  if (text !== before) await writeFile(file, text)
}
