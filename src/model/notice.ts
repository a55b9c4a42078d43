/** Something a person should hear that is no failure: a registry's warning, a fallback taken, a tag set aside. */
export interface Notice {
  /** A stable word, such as `ANONYMOUS_RETRY` or `REGISTRY_WARNING`. */
  code: string
  /** One sentence, unescaped: whoever draws it escapes it. */
  message: string
}

/** Where a library function says a {@link Notice}; it never prints one itself. */
export type Notify = (notice: Notice) => void
