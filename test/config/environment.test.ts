import { describe, expect, it } from 'vitest'
import { withoutLogins } from '../../src/config/environment.ts'

describe('T16: the environment of programs that are started', () => {
  it.each([
    ['REGCTL_REGISTRY', false],
    ['REGCTL_USERNAME', false],
    ['REGCTL_PASSWORD', false],
    ['regctl_password', false],
    ['REGCTL_WEBHOOK_SECRET', false],
    ['DOCKER_AUTH_CONFIG', false],
    // Paths and addresses are no secrets.
    ['REGCTL_CONFIG', true],
    ['DOCKER_CONFIG', true],
    ['REGISTRY_AUTH_FILE', true],
    ['HTTPS_PROXY', true],
    ['DBUS_SESSION_BUS_ADDRESS', true],
    ['REGCTL_EVENT', true],
  ])('%s: %s', (name, kept) => {
    expect(Object.keys(withoutLogins({ [name]: 'x', PATH: '/bin' }))).toEqual(kept ? [name, 'PATH'] : ['PATH'])
  })
})
