import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { expect, it } from 'vitest'
import { makeMachine } from './program.ts'
import { startOdd } from './serving.ts'

const password = 'canary-of-a-password'
const encoded = [password, Buffer.from(`ann:${password}`).toString('base64'), Buffer.from(password).toString('base64')]

// Notes how it and its parent look from outside, and keeps what it is given.
const spy = `#!/bin/sh
echo "called with $*" >>"$0.log"
tr '\\0' ' ' </proc/$$/cmdline >>"$0.log"
tr '\\0' '\\n' </proc/$$/environ >>"$0.log"
tr '\\0' ' ' </proc/$PPID/cmdline >>"$0.log"
tr '\\0' '\\n' </proc/$PPID/environ >>"$0.log"
case $1 in
  get) cat >/dev/null; echo 'credentials not found in native keychain'; exit 1 ;;
  list) echo '{}' ;;
  *) cat >"$0.stored" ;;
esac
`

it('T16: login shows its password to no process list and no helper argument', async () => {
  const machine = makeMachine()
  const bin = join(machine.home, 'bin')
  mkdirSync(bin)
  const helper = join(bin, 'docker-credential-spy')
  writeFileSync(helper, spy)
  chmodSync(helper, 0o755)
  writeFileSync(machine.authfile, JSON.stringify({ credsStore: 'spy' }))
  const seen: string[] = []
  let pid = 0
  const server = await startOdd((request, response) => {
    if (request.headers.authorization === `Basic ${Buffer.from(`ann:${password}`).toString('base64')}`) {
      // The password is in use at this moment.
      seen.push(...family(pid).map(look))
      response.writeHead(200).end('{}')
    } else response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
  })
  const { code, stdout } = await machine.regctl(
    ['login', server.host, '-u', 'ann', '--password-stdin', '--store', 'helper', '--json'],
    {
      input: password,
      env: { PATH: [bin, process.env.PATH].join(delimiter) },
      during: child => {
        pid = child.pid ?? 0
      },
    },
  )
  await server.stop()
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('"ann"') })
  expect(JSON.parse(readFileSync(`${helper}.stored`, 'utf8'))).toMatchObject({ Username: 'ann', Secret: password })
  const log = readFileSync(`${helper}.log`, 'utf8')
  expect(log).toContain('called with store')
  expect(seen.join('')).toContain('login')
  for (const form of encoded) expect(log + seen.join('\n')).not.toContain(form)
  machine.remove()
})

/** The process and all below it. */
function family(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap(thread =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )
  return [pid, ...children.flatMap(family)]
}

function look(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readFileSync(`/proc/${pid}/environ`, 'utf8')
}
