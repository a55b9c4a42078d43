import type { Downloads } from './downloads.ts'
import type { Habits } from './endpoint.ts'

/** How things stand with a blob. */
export interface Standing {
  /** Bytes still to come that no connection has been given yet. */
  left: number
  /** Each connection that was opened has brought something. */
  isAnswered: boolean
}

/**
 * Decides how many connections one blob may have. It begins with one, or with what did well for a blob before. Where one is slow for a
 * while and plenty is left, their number is tripled, step by step, as long as what comes from the registry in all grows by a worthwhile part.
 */
export class Growth {
  /** Connections that the blob may have. */
  wanted = 1
  readonly #downloads: Downloads
  readonly #habits: Habits
  #mark: Mark
  #own = 0
  #waited = 0
  #trial: Trial | undefined
  #isSettled = false

  constructor(downloads: Downloads, habits: Habits) {
    this.#downloads = downloads
    this.#habits = habits
    this.#mark = this.#measure()
  }

  /** Bytes a second of this blob since it was last looked at. */
  get rate(): number {
    return perSecond(this.#own - this.#mark.own, this.#downloads.now() - this.#mark.at)
  }

  /** Bytes came for this blob; `waited`: milliseconds that its reader did nothing else. */
  came(bytes: number, waited = 0): void {
    this.#own += bytes
    this.#waited += waited
    this.#downloads.received += bytes
  }

  /** To be asked whenever bytes came: {@link wanted} may be another afterwards. */
  consider(standing: Standing): void {
    if (this.#trial) this.#judge(this.#trial, standing)
    else if (!this.#isSettled && !this.#habits.noRanges) this.#look(standing)
  }

  /** What was tried did not do. */
  giveUp(): void {
    const { now, rules } = this.#downloads
    this.wanted = this.#trial?.before ?? 1
    this.#downloads.restUntil = now() + rules.rest
    this.#isSettled = this.wanted > 1
    this.end()
    this.#mark = this.#measure()
  }

  /** The blob is over. */
  end(): void {
    if (this.#trial) this.#downloads.isTrying = false
    this.#trial = undefined
  }

  #look(standing: Standing): void {
    const { rules, now } = this.#downloads
    const learned = Math.min(this.#habits.connections ?? 1, 1 + rules.connections - this.#downloads.connections)
    if (this.wanted === 1 && learned > 1 && standing.left > rules.leastLeft && now() >= this.#downloads.restUntil) {
      this.wanted = learned
      this.#mark = this.#measure()
      return
    }
    const elapsed = now() - this.#mark.at
    if (elapsed < rules.look || !standing.isAnswered) return
    // Who is kept from reading by what becomes of the bytes gains nothing.
    const isSlow = this.wanted > 1 || this.#waited - this.#mark.waited > elapsed / 2
    if (isSlow) this.#try(standing)
    if (!this.#trial) this.#mark = this.#measure()
  }

  #try({ left }: Standing): void {
    const { rules, now } = this.#downloads
    const [rate, total] = [this.rate, this.#total()]
    const most = Math.min(rules.connectionsPerBlob, this.wanted + rules.connections - this.#downloads.connections)
    if (this.#downloads.isTrying || now() < this.#downloads.restUntil || this.wanted >= most) return
    if (left <= rules.leastLeft || left < (rate * rules.leastTime) / 1000 || total > rules.fast) return
    const before = this.wanted
    this.wanted = Math.min(most, before * 3)
    const expected = (total * (this.wanted - before)) / Math.max(before, this.#downloads.connections)
    this.#trial = { before, enough: total + expected * rules.worthwhile, begun: now(), isRunning: false }
    this.#downloads.isTrying = true
  }

  #judge(trial: Trial, standing: Standing): void {
    const { rules, now } = this.#downloads
    if (!trial.isRunning) {
      if (standing.isAnswered) {
        trial.isRunning = true
        this.#mark = this.#measure()
      } else if (now() - trial.begun > rules.patience) this.giveUp()
      return
    }
    if (now() - this.#mark.at < rules.step) return
    if (this.#total() < trial.enough) {
      this.giveUp()
      return
    }
    this.#habits.connections = this.wanted
    this.end()
    this.#try(standing)
    this.#mark = this.#measure()
  }

  /** Bytes a second of the whole registry since the mark. */
  #total(): number {
    return perSecond(this.#downloads.received - this.#mark.all, this.#downloads.now() - this.#mark.at)
  }

  #measure(): Mark {
    return { at: this.#downloads.now(), own: this.#own, all: this.#downloads.received, waited: this.#waited }
  }
}

/** What had come when the clock was last looked at. */
interface Mark {
  at: number
  own: number
  all: number
  waited: number
}

interface Trial {
  /** Connections before. */
  before: number
  /** Bytes a second that they must bring. */
  enough: number
  begun: number
  isRunning: boolean
}

function perSecond(bytes: number, milliseconds: number): number {
  return (bytes * 1000) / Math.max(1, milliseconds)
}
