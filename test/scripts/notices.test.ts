import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { notices } from '../../scripts/notices.js'

const root = join(import.meta.dirname, '../..')

it('names each bundled package once, with its licence', async () => {
  const text = await notices(root, [
    'src/a.ts',
    'node_modules/got/dist/a.js',
    'node_modules/got/dist/b.js',
    'node_modules/@oclif/core/lib/x.js',
  ])
  expect(text.match(/^={80}$/gm)).toHaveLength(2)
  expect(text).toContain('Permission is hereby granted')
})

it('stands beside the program', async () => {
  expect(await readFile(join(root, 'dist/bin/THIRD-PARTY.txt'), 'utf8')).toMatch(/^got \d+\.\d+\.\d+ \(MIT\)$/m)
})
