import { RegctlError } from '../model/errors.ts'

/** A TOML document as plain values, keys in the order of the text. @throws RegctlError CONFIG_INVALID with file, line and column */
export async function parseToml(text: string, path: string): Promise<Record<string, unknown>> {
  const { parse, TomlError } = await import('smol-toml')
  try {
    return parse(text.replace(/^\uFEFF/, ''))
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause
    const problem = cause.message.split('\n', 1)[0]?.replace(/^Invalid TOML document: /, '')
    throw new RegctlError('CONFIG_INVALID', `${path}:${cause.line}:${cause.column}: ${problem}`)
  }
}
