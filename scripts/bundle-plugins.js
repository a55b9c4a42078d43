import { readFile } from 'node:fs/promises'

/**
 * oclif's modules are required when first used instead of all at once: TypeScript's CommonJS output names every import
 * `name_1` and touches it only as `name_1.member`, so each becomes a function that requires once. Saves half of oclif's loading time.
 * @type {import('esbuild').Plugin}
 */
export const lazyOclif = {
  name: 'lazy-oclif',
  setup(build) {
    build.onLoad({ filter: /@oclif[/\\]core[/\\]lib[/\\].*\.js$/ }, async ({ path }) => ({
      contents: lazyRequires(await readFile(path, 'utf8')),
      loader: 'js',
    }))
  },
}

/**
 * What oclif uses for plugins, templates and its own help and spinners, none of which we have: half of what it brings. It
 * stays in node_modules, and would be found from oclif's own place there.
 * @type {import('esbuild').Plugin}
 */
export const leanOclif = {
  name: 'lean-oclif',
  setup(build) {
    const rare =
      /^(?:ansi-escapes|ansis|clean-stack|cli-spinners|ejs|get-package-type|indent-string|lilconfig|minimatch|semver|string-width|tinyglobby|typescript|widest-line|wordwrap|wrap-ansi)$/
    build.onResolve({ filter: rare }, ({ path, importer }) =>
      /@oclif[/\\]core[/\\]lib/.test(importer) ? { path, namespace: 'oclif-dependency' } : undefined,
    )
    build.onLoad({ filter: /.*/, namespace: 'oclif-dependency' }, ({ path }) => ({
      contents: `const { createRequire } = require('node:module')
module.exports = createRequire(require.resolve('@oclif/core/package' + '.json'))(${JSON.stringify(path)})`,
      resolveDir: import.meta.dirname,
    }))
  },
}

/** @param {string} source of a CommonJS module as TypeScript writes it */
export function lazyRequires(source) {
  /** @type {string[]} */
  const names = []
  const declared = source.replace(
    /^const (\w+_\d+) = ((?:__import\w+\()?require\("[^"]+"\)\)?);$/gm,
    (_, /** @type {string} */ name, /** @type {string} */ load) => {
      names.push(name)
      return `let ${name}$; const ${name}$get = () => ${name}$ ??= ${load};`
    },
  )
  return names.reduce(
    (text, name) => text.replace(new RegExp(`\\b${name}\\b(?!\\$)`, 'g'), `(${name}$get())`),
    declared,
  )
}

/**
 * Our own files require Node's modules instead of importing them: an import makes Node evaluate every getter of the module,
 * and with `node:http` loads its whole fetch client on Node 22 and newer (18 to 27 ms). Dynamic imports become requires as well, those of
 * packages from files of their own ({@link libraryFile}), so that Node's loader for ESM is not even begun.
 * @param {Set<string>} libraries gets the names of these packages
 * @returns {import('esbuild').Plugin}
 */
export function requiredBuiltins(libraries) {
  return {
    name: 'required-builtins',
    setup(build) {
      build.onLoad({ filter: /[/\\]src[/\\].*\.ts$/ }, async ({ path }) => ({
        contents: requireLibraries(requireBuiltins(await readFile(path, 'utf8')), libraries),
        loader: 'ts',
      }))
      build.onResolve({ filter: /^(?:node:.*|https?)$/ }, ({ path, kind }) =>
        kind === 'dynamic-import' || (/^(?:node:)?https?$/.test(path) && kind !== 'require-call')
          ? { path, namespace: 'required-builtin' }
          : undefined,
      )
      build.onLoad({ filter: /.*/, namespace: 'required-builtin' }, ({ path }) => ({
        contents: `module.exports = require(${JSON.stringify(path)})`,
      }))
    },
  }
}

/** Where a package that is loaded when it is first used lies beside the program. @param {string} name */
export function libraryFile(name) {
  return `libraries/${name.replaceAll('/', '-')}.cjs`
}

/** A native addon, and optional: found in node_modules at run time or not at all. */
const native = new Set(['keytar'])

/**
 * `await import('got')` becomes `await Promise.resolve().then(() => requireOutside('./libraries/got.cjs'))`; no bundler looks into that.
 * @param {string} source
 * @param {Set<string>} libraries gets the names
 */
export function requireLibraries(source, libraries) {
  return source.replace(
    /(?<!typeof )\bimport\('(?!node:|\.)([\w@/-]+)'\)(?!\.[A-Z])/g,
    (_, /** @type {string} */ name) => {
      if (native.has(name)) return `Promise.resolve().then(() => ({ default: requireOutside('${name}') }))`
      libraries.add(name)
      return `Promise.resolve().then(() => requireOutside('./${libraryFile(name)}'))`
    },
  )
}

/** Modules whose functions we import by name, and neither promisify nor compare. */
const slow = new Set(['node:crypto', 'node:child_process'])

/**
 * `import { type Hash, lookup as find } from 'node:dns'` becomes `const { lookup: find } = require('node:dns')`.
 * @param {string} source of a TypeScript module in which type imports say that they are
 */
export function requireBuiltins(source) {
  return source.replace(
    /^import (?!type )(?:(?:\* as )?(\w+)(?:, )?)?(?:\{([^}]*)\})? ?from '(node:[\w/]+)'$/gm,
    (
      _,
      /** @type {string | undefined} */ whole,
      /** @type {string | undefined} */ members,
      /** @type {string} */ name,
    ) => {
      const values = (members ?? '')
        .split(',')
        .map(member => member.trim().replace(' as ', ': '))
        .filter(member => member !== '' && !member.startsWith('type '))
      if (slow.has(name) && values.length > 0) {
        const held = `${name.replace(/\W/g, '_')}$`
        return [`let ${held};`, ...values.map(value => deferred(value, name, held))].join(' ')
      }
      const named = values.length > 0 ? `const { ${values.join(', ')} } = require('${name}');` : ''
      return `${whole ? `const ${whole} = require('${name}');` : ''}${named}`
    },
  )
}

/**
 * The functions of slow modules wait until they are called: each takes 2 to 4 ms to load, and a list needs none.
 * @param {string} member `createHash` or `createHash: hash`
 * @param {string} module
 * @param {string} held a variable for it: a require takes longer than a hash of a few bytes
 */
function deferred(member, module, held) {
  const [name = '', local = name] = member.split(': ')
  if (!/^[a-z]/.test(name)) return `const { ${member} } = require('${module}');`
  return `function ${local}(...args) { return (${held} ??= require('${module}')).${name}(...args) }`
}

/**
 * got loads its HTTP/2 client whether it is wanted or not, and that one makes a TLS socket while it loads, which parses every root
 * certificate: 20 ms of each command. We speak HTTP/1.1.
 * @type {import('esbuild').Plugin}
 */
export const withoutHttp2 = {
  name: 'without-http2',
  setup(build) {
    build.onResolve({ filter: /^http2-wrapper$/ }, ({ path }) => ({ path, namespace: 'without-http2' }))
    build.onLoad({ filter: /.*/, namespace: 'without-http2' }, () => ({ contents: 'export default {}' }))
  },
}
