import { expect, it } from 'vitest'
import { findPaths } from '../../src/config/paths.ts'

const home = '/home/ada'

it('finds the usual places', () => {
  const paths = findPaths({ env: {}, home, platform: 'linux', uid: 7 })
  expect(paths.config).toBe('/home/ada/.config/regctl/config.json')
  expect(paths.dockerConfig).toBe('/home/ada/.docker/config.json')
  expect(paths.podmanAuth).toEqual(['/run/containers/7/auth.json', '/home/ada/.config/containers/auth.json'])
})

it.each([
  [{ REGCTL_CONFIG: '/x/y.json' }, 'config', '/x/y.json'],
  [{ DOCKER_CONFIG: '/d' }, 'dockerConfig', '/d/config.json'],
  [{ XDG_STATE_HOME: '/s' }, 'state', '/s/regctl'],
  [{ XDG_CONFIG_HOME: '/c' }, 'config', '/c/regctl/config.json'],
] as const)('%o moves %s', (env, key, expected) => {
  expect(findPaths({ env, home, platform: 'linux', uid: 7 })[key]).toBe(expected)
})

it('looks for no runtime folder where there is none', () => {
  expect(findPaths({ env: {}, home, platform: 'darwin', uid: 7 }).podmanAuth).toEqual([
    '/home/ada/.config/containers/auth.json',
  ])
})
