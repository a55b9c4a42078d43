import type { Client } from '../../../src/client.ts'
import type { Notice } from '../../../src/model/notice.ts'
import { testClient } from '../client.ts'
import { closing } from '../http-send.ts'
import { type Hosts, startWorld, type World } from './world.ts'

export interface MeetOptions {
  /** `docker.io ada secret`: whose login is stored. */
  login?: { registry: string; username: string; password: string }
  secondFactor?: (account: string) => Promise<string>
  home?: string
  env?: Record<string, string>
}

/** A client in a world of these hosts, both gone after the test. */
export async function meet(
  hosts: Hosts,
  { login, secondFactor, home, env }: MeetOptions = {},
): Promise<{ client: Client; world: World; notices: Notice[] }> {
  const world = closing(await startWorld(hosts))
  const notices: Notice[] = []
  const given = login && {
    REGCTL_REGISTRY: login.registry,
    REGCTL_USERNAME: login.username,
    REGCTL_PASSWORD: login.password,
  }
  const client = closing(
    await testClient({
      env: { ...world.env, ...given, ...env },
      notify: notice => notices.push(notice),
      patience: 2000,
      ...(secondFactor && { secondFactor }),
      ...(home !== undefined && { home }),
    }),
  )
  return { client, world, notices }
}

/** All of a list. */
export async function all<T>(list: AsyncIterable<T> | undefined): Promise<T[]> {
  const items: T[] = []
  for await (const item of list ?? []) items.push(item)
  return items
}
