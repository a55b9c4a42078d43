type Ring = (seconds: number) => void

/** Rings once after so many milliseconds, unless it is set anew or cleared, as happens at each chunk: one timer serves as long as it can. */
export class Alarm {
  #timer: NodeJS.Timeout | undefined
  #milliseconds = 0
  #ring: Ring | undefined

  set(milliseconds: number, ring: Ring): void {
    this.#ring = ring
    if (this.#timer && milliseconds === this.#milliseconds) {
      this.#timer.refresh()
      return
    }
    clearTimeout(this.#timer)
    this.#milliseconds = milliseconds
    this.#timer = setTimeout(() => this.#ring?.(Math.round(milliseconds / 1000)), milliseconds)
  }

  clear(): void {
    this.#ring = undefined
  }

  /** For good: it keeps the process no longer. */
  end(): void {
    this.clear()
    clearTimeout(this.#timer)
  }
}
