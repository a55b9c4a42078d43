import { expect, it } from 'vitest'
import { runCli } from '../helpers/cli.ts'
import { makeImage, seed } from '../helpers/images.ts'
import { startServer } from '../helpers/server.ts'

it('says when a host of the flags is none that was spoken to', async () => {
  const server = await startServer()
  await seed(await server.repositories.create('demo/app'), makeImage(), 'v1')
  const run = (...flags: string[]) => runCli(['tags', `${server.host}/demo/app`, ...flags])
  const missed = await run('--plain-http', '127.0.0.1')
  const met = await run('--plain-http', `http://${server.host}`)
  await server.close()
  expect(missed).toEqual({
    code: 0,
    stdout: 'v1\n',
    stderr: `warning: --plain-http 127.0.0.1 is for no registry that was spoken to (${server.host})\n`,
  })
  expect(met).toEqual({ code: 0, stdout: 'v1\n', stderr: '' })
})
