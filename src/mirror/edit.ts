/** What is to be done to a list of mirrors. */
export type Change =
  | {
      add: string
      remove?: undefined /** Before the others. */
      first?: boolean /** It may name tags. */
      resolve?: boolean
    }
  | { add?: undefined; remove: string }

/** A configuration file, edited. */
export interface Edited {
  text: string
  /** All that it names now, as they stand there. */
  mirrors: string[]
  changed: boolean
}

/** Edits one kind of file. @throws RegctlError REFUSED or CONFIG_INVALID: nothing is to be written then */
export type Edit = (text: string, change: Change) => Promise<Edited>
