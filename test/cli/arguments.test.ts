import { expect, it } from 'vitest'
import { asksJson, plainSwitches, registriesIn } from '../../src/cli/arguments.ts'

it.each([
  [['tags', 'nginx', '--json'], true],
  [['tags', 'nginx'], false],
  [['tags', 'nginx', '--json=true'], true],
  [['tags', 'nginx', '--json=false'], false],
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

const flags = { force: { type: 'boolean' }, 'dry-run': { type: 'boolean' }, filter: { type: 'option' } }

it.each([
  ['--force=true a', '--force a'],
  ['--force=false a', 'a'],
  ['--dry-run=True --force=FALSE', '--dry-run'],
  ['--filter=true a', '--filter=true a'],
  ['--filter --force=true', '--filter --force=true'],
  ['a -- --force=true', 'a -- --force=true'],
  ['--frob=true', '--frob=true'],
  ['--toString=true', '--toString=true'],
])('switches of %s are %s', (line, plain) => {
  expect(plainSwitches(line.split(' '), flags)).toEqual(plain.split(' '))
})

it.each(['--force=1', '--force=', '--dry-run=yes'])('%s is refused', word => {
  expect(() => plainSwitches([word], flags)).toThrow('takes no value')
})
