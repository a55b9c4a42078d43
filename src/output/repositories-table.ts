import type { RepositorySummary } from '../catalog/catalog.ts'
import type { Style } from './style.ts'
import { type Cell, filledTable } from './table.ts'
import { dayOf, formatWhen } from './units.ts'

const cells = {
  name: { column: { title: 'NAME', paint: 'cyan' }, text: ({ name }) => name },
  images: { column: { title: 'IMAGES', align: 'right' }, text: ({ artifacts }) => formatAmount(artifacts) },
  stars: { column: { title: 'STARS', align: 'right' }, text: ({ stars }) => formatAmount(stars) },
  pulls: {
    column: { title: 'PULLS', align: 'right' },
    text: ({ pulls, pullsAtLeast }) => `${formatAmount(pulls)}${pullsAtLeast ? '+' : ''}`,
  },
  by: {
    column: { title: 'BY', fit: 'cut' },
    text: ({ official, publisher }) => (official ? 'Docker official' : (publisher ?? '')),
  },
  access: { column: { title: 'ACCESS' }, text: ({ private: hidden }) => (hidden ? 'private' : '') },
  updated: { column: { title: 'UPDATED', brief: dayOf }, text: ({ updated }) => formatWhen(updated) },
  description: { column: { title: 'DESCRIPTION', fit: 'cut' }, text: ({ description }) => description ?? '' },
} satisfies Record<string, Cell<RepositorySummary>>

/** `search`: one row a repository; columns that nobody fills are left out. */
export function resultsTable(repositories: readonly RepositorySummary[], style: Style): Promise<string> {
  const { name, stars, pulls, by, description } = cells
  return filledTable([name, description, stars, pulls, by], repositories, style)
}

/** `repos --long`, likewise. */
export function repositoriesTable(repositories: readonly RepositorySummary[], style: Style): Promise<string> {
  const { name, images, stars, pulls, access, updated, description } = cells
  return filledTable([name, images, stars, pulls, access, updated, description], repositories, style)
}

/** A number of pulls or stars for people: `873`, `12.3K`, `1.2B`; rounded down, so that a `+` behind it is true. */
export function formatAmount(amount: number | undefined): string {
  if (amount === undefined) return ''
  const [unit, size] = (
    [
      ['B', 1e9],
      ['M', 1e6],
      ['K', 1e4],
    ] as const
  ).find(([, least]) => amount >= least) ?? ['', 1]
  if (unit === '') return String(amount)
  const value = Math.floor((amount / (unit === 'K' ? 1000 : size)) * 10) / 10
  return `${value >= 100 ? Math.floor(value) : value}${unit}`
}
