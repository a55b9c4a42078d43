import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export interface TerminalRun {
  /** What the terminal showed, line breaks as `\n`. */
  shown: string
  code: number | null
}

const program = join(import.meta.dirname, '..', '..', 'bin', 'run.js')

/** Runs the built program on a terminal (util-linux's `script`), and types `keys` as soon as it shows `prompt`. */
export async function runOnTerminal(
  args: readonly string[],
  { prompt, keys, home }: { prompt: string; keys: string; home: string },
): Promise<TerminalRun> {
  const command = [process.execPath, program, ...args].map(word => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
  const child = spawn('script', ['-qec', `stty cols 80; ${command}`, '/dev/null'], {
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home, TERM: 'dumb' },
    timeout: 60_000,
    killSignal: 'SIGKILL',
  })
  let [shown, typed] = ['', false]
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text
    if (typed || !shown.includes(prompt)) return
    typed = true
    child.stdin.write(keys)
  })
  child.stdin.on('error', () => {})
  const [code] = await once(child, 'close')
  return { shown: shown.replaceAll('\r\n', '\n'), code }
}
