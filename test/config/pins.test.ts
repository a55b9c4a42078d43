import { mkdtemp, readdir, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { realmPins } from '../../src/config/pins.ts'

it('T2: remembers the token service a login named, and forgets it', async () => {
  const folder = join(await mkdtemp(join(tmpdir(), 'regctl-pins-')), 'regctl')
  const pins = realmPins(folder)
  expect(await pins.of('reg.example')).toBeUndefined()
  await pins.pin('reg.example', 'auth.example')
  await pins.pin('other.example', 'auth.other.example')
  expect(await pins.of('reg.example')).toBe('auth.example')
  expect((await stat(join(folder, 'realms.json'))).mode & 0o777).toBe(0o600)
  await pins.forget('reg.example')
  expect(await pins.of('reg.example')).toBeUndefined()
  expect(await pins.of('other.example')).toBe('auth.other.example')
  expect(await readdir(folder)).toEqual(['realms.json'])
})

it.each(['', '{', '[]', 'null', '"x"'])('trusts nobody when the file holds %j', async text => {
  const folder = await mkdtemp(join(tmpdir(), 'regctl-pins-'))
  await writeFile(join(folder, 'realms.json'), text)
  expect(await realmPins(folder).of('toString')).toBeUndefined()
})
