import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, type ClientOptions, createClient } from '../../src/client.ts'
import { type ConfigFlags, loadConfig } from '../../src/config/config.ts'

export interface TestClientOptions extends Omit<ClientOptions, 'config'> {
  env?: Record<string, string>
  flags?: ConfigFlags
  home?: string
}

/** A client in a home of its own, with nothing of the person's who runs the tests. */
export async function testClient({ env = {}, flags, home, ...options }: TestClientOptions = {}): Promise<Client> {
  const config = await loadConfig({
    env,
    home: home ?? mkdtempSync(join(tmpdir(), 'regctl-client-')),
    platform: 'linux',
    uid: 1000,
    flags,
  })
  return createClient({ ...options, config })
}
