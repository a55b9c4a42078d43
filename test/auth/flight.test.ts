import { describe, expect, it } from 'vitest'
import { startFlight } from '../../src/auth/flight.ts'

const never = (signal: AbortSignal) =>
  new Promise<string>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

describe('startFlight', () => {
  it('gives everybody the same result', async () => {
    const flight = startFlight(async () => ({}))
    const [a, b] = await Promise.all([flight.join(), flight.join()])
    expect(a).toBe(b)
    expect(flight.abandoned).toBe(false)
  })

  it('lets one leave while another waits on', async () => {
    const { promise, resolve } = deferred()
    const flight = startFlight(() => promise)
    const control = new AbortController()
    const leaving = flight.join(control.signal)
    const staying = flight.join()
    control.abort(new Error('gone'))
    await expect(leaving).rejects.toThrow('gone')
    expect(flight.abandoned).toBe(false)
    resolve('here')
    await expect(staying).resolves.toBe('here')
  })

  it('ends the work when the last one leaves', async () => {
    const flight = startFlight(never)
    const controls = [new AbortController(), new AbortController()]
    const waiting = controls.map(({ signal }) => flight.join(signal))
    controls[0]?.abort(new Error('first'))
    expect(flight.abandoned).toBe(false)
    controls[1]?.abort(new Error('second'))
    expect(flight.abandoned).toBe(true)
    await expect(Promise.allSettled(waiting)).resolves.toMatchObject([{ status: 'rejected' }, { status: 'rejected' }])
  })

  it('does not take on whoever was aborted before', async () => {
    const flight = startFlight(never)
    await expect(flight.join(AbortSignal.abort(new Error('early')))).rejects.toThrow('early')
    expect(flight.abandoned).toBe(true)
  })

  it('tells everybody of a failure', async () => {
    const flight = startFlight(async () => {
      throw new Error('broken')
    })
    await expect(flight.join()).rejects.toThrow('broken')
    await expect(flight.join()).rejects.toThrow('broken')
  })
})

function deferred() {
  let resolve: (value: string) => void = () => {}
  const promise = new Promise<string>(done => {
    resolve = done
  })
  return { promise, resolve }
}
