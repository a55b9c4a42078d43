import { RegctlError } from '../model/errors.ts'

/** How a file's characters are kept: dockerd reads UTF-8, and on Windows what Notepad wrote (PROTOCOL 4.5). */
export type Encoding = 'utf8' | 'utf16le'

/** A byte order mark stays the first character, so that {@link encode} gives the same bytes. @throws RegctlError REFUSED for bytes that are neither */
export function decode(bytes: Buffer): { encoding: Encoding; text: string } {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf16le' : 'utf8'
  const text = bytes.toString(encoding)
  if (!encode(text, encoding).equals(bytes)) throw new RegctlError('REFUSED', 'it is not a text in UTF-8')
  return { encoding, text }
}

export function encode(text: string, encoding: Encoding): Buffer {
  return Buffer.from(text, encoding)
}
