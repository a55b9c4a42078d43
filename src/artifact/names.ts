/** Where a file of an artifact goes, below the folder that was asked for. */
export interface SafeName {
  /** Folders and the file's name. */
  segments: readonly string[]
  /** It is not what the artifact says. */
  isChanged: boolean
}

/** Bytes a file name may have. */
const longest = 255
const mostSegments = 32

/** Separators, what Windows forbids, controls, and what reorders or hides text; lone surrogates too (T9, T14). */
const unsafe =
  /[\u0000-\u001f\u007f-\u009f<>:"|?*\\/\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/
const allUnsafe = new RegExp(unsafe, 'g')
/** Devices of Windows, with any ending. */
const reserved = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])(?:\.|$)/i

/**
 * The title of a file as a path that is harmless on every system (T9). A plain relative path stays what it is; anything else
 * (absolute, `..`, a drive, a backslash, a hidden folder, a device) leaves only its last part, cleaned; `undefined`: nothing of it is left.
 */
export function safeName(title: string): SafeName | undefined {
  const segments = title.split('/').filter(segment => segment !== '' && segment !== '.')
  const isPlain = !title.startsWith('/') && segments.length > 0 && segments.length <= mostSegments
  // A folder whose name begins with a dot is where programs look for what they run: .git/hooks, .ssh.
  if (isPlain && segments.every(isSafe) && segments.slice(0, -1).every(folder => !folder.startsWith('.'))) {
    return { segments, isChanged: false }
  }
  const last = title
    .split(/[\\/]/)
    .filter(segment => !/^[. ]*$/.test(segment))
    .at(-1)
  const cleaned = last === undefined ? '' : clean(last)
  return cleaned === '' ? undefined : { segments: [cleaned], isChanged: true }
}

function isSafe(segment: string): boolean {
  return (
    !unsafe.test(segment) &&
    !/^\s|[\s.]$/.test(segment) &&
    !reserved.test(segment) &&
    Buffer.byteLength(segment) <= longest
  )
}

function clean(segment: string): string {
  const plain = short(segment.replace(allUnsafe, '_').trim()).replace(/[\s.]+$/, '')
  return reserved.test(plain) ? `_${plain}` : plain
}

/** At most 200 bytes, and no half character. */
function short(text: string): string {
  let kept = ''
  for (const character of text) {
    if (Buffer.byteLength(kept) + Buffer.byteLength(character) > 200) return kept
    kept += character
  }
  return kept
}
