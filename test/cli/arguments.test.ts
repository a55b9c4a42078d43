import { expect, it } from 'vitest'
import { asksJson, registriesIn } from '../../src/cli/arguments.ts'

it.each([
  [['tags', 'nginx', '--json'], true],
  [['tags', 'nginx'], false],
  // What stands behind -- belongs to another program.
  [['webhook', 'listen', '--exec', 'x', '--', '--json'], false],
])('%j asks for JSON: %s', (argv, answer) => {
  expect(asksJson(argv)).toBe(answer)
})

it('knows the registries that arguments name, and leaves the rest to the command', () => {
  const args = [
    'nginx',
    'ghcr.io/a/b:1',
    'oci:folder',
    '',
    undefined,
    'UPPER CASE',
    'localhost:5000/x',
    'https://M.example:5000/hub',
    'https://',
  ]
  expect(registriesIn(args)).toEqual(['docker.io', 'ghcr.io', 'localhost:5000', 'm.example:5000'])
})
