/** What a token may be used for (PROTOCOL 2.5): `repository:library/alpine:pull,push`, taken apart. */
export interface Scope {
  /** `repository`, `registry`, `repository(plugin)`. */
  type: string
  /** May hold colons: `host:5000/app`. */
  name: string
  actions: readonly string[]
}

/** The scope for work on one repository; `*` and never `delete` for deletes, because Quay grants nothing for a scope that says `delete`. */
export function repositoryScope(repository: string, ...actions: ('pull' | 'push' | '*')[]): string {
  return `repository:${repository}:${actions.join(',')}`
}

/** The scope for listing every repository of a registry. */
export const catalogScope = 'registry:catalog:*'

/** Splits at the first and the last colon; `undefined` for text of another form, such as Forgejo's `*`. */
export function parseScope(text: string): Scope | undefined {
  const [first, last] = [text.indexOf(':'), text.lastIndexOf(':')]
  if (first < 1 || last <= first + 1) return undefined
  const actions = text
    .slice(last + 1)
    .split(',')
    .filter(Boolean)
  return { type: text.slice(0, first), name: text.slice(first + 1, last), actions }
}

/** A challenge's `scope` parameter may hold several, apart by spaces (PROTOCOL 2.2g). */
export function scopesIn(parameter: string | undefined): string[] {
  return parameter?.split(/\s+/).filter(Boolean) ?? []
}

/**
 * One scope for each resource with the actions of both lists. The resources of `needed` come first: some token servers read only
 * the first scope (PROTOCOL 2.6). Scopes of another form are kept as they are, once.
 */
export function mergeScopes(needed: readonly string[], more: readonly string[]): string[] {
  const merged = new Map<string, Set<string> | undefined>()
  for (const text of [...needed, ...more]) {
    const scope = parseScope(text)
    const resource = scope ? resourceOf(scope) : text
    const actions = merged.get(resource) ?? new Set()
    for (const action of scope?.actions ?? []) actions.add(action)
    merged.set(resource, scope && actions)
  }
  return [...merged].map(([resource, actions]) => (actions ? `${resource}:${[...actions].join(',')}` : resource))
}

/** Whether a token with the scopes `held` is enough for `wanted`. */
export function coversScopes(held: readonly string[], wanted: readonly string[]): boolean {
  const whole = mergeScopes(held, [])
  const byResource = new Map(whole.flatMap(text => entriesOf(text)))
  return wanted.every(text => {
    const scope = parseScope(text)
    if (!scope) return whole.includes(text)
    const actions = byResource.get(resourceOf(scope))
    return actions !== undefined && (actions.includes('*') || scope.actions.every(action => actions.includes(action)))
  })
}

/** The scopes of `more` that are about the same resources as `scopes`. */
export function scopesAbout(scopes: readonly string[], more: readonly string[]): string[] {
  const resources = new Set(scopes.flatMap(text => entriesOf(text).map(([resource]) => resource)))
  return more.filter(text => entriesOf(text).some(([resource]) => resources.has(resource)))
}

/** `repository:a/b`: the scope without its actions. */
function resourceOf({ type, name }: Scope): string {
  return `${type}:${name}`
}

function entriesOf(text: string): [string, readonly string[]][] {
  const scope = parseScope(text)
  return scope ? [[resourceOf(scope), scope.actions]] : []
}
