import { InvalidContentError } from '../model/errors.ts'

/** Tar counts in blocks of so many bytes (POSIX pax, "ustar Interchange Format"). */
export const blockSize = 512

/** What one header block says; names are bytes, as nobody has said yet in what they are written. */
export interface TarHeader {
  name: Buffer
  link: Buffer
  /** One character; `0` is a file. */
  type: string
  /** Bytes that follow, without their padding. */
  size: number
}

/** Reads a block; `undefined` when it is zeros, which end an archive. @throws InvalidContentError for a wrong checksum or an impossible size (T8) */
export function parseHeader(block: Buffer, where: string): TarHeader | undefined {
  if (block.every(byte => byte === 0)) return undefined
  if (!isSumRight(block)) throw new InvalidContentError(`${where}: the checksum of a header is wrong`)
  const name = field(block, 0, 100)
  // Only POSIX has a prefix there; GNU keeps times in its place.
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? field(block, 345, 155) : Buffer.alloc(0)
  return {
    name: prefix.length > 0 ? Buffer.concat([prefix, Buffer.from('/'), name]) : name,
    link: field(block, 157, 100),
    type: String.fromCharCode(block[156] || 0x30),
    size: number(block.subarray(124, 136), where),
  }
}

export interface NewMember {
  /** ASCII, of which {@link maxName} bytes are written; a folder ends in a slash. */
  name: string
  size: number
  /** Default: a file or a folder, by the name. */
  type?: string
}

/** Bytes of a name that a header has room for. */
export const maxName = 100

/** A header that depends on nothing but name and size: no owner, no time, so that the same content makes the same archive. */
export function formatHeader({ name, size, type }: NewMember): Buffer {
  const block = Buffer.alloc(blockSize)
  const isFolder = name.endsWith('/')
  block.write(name, 0, maxName, 'latin1')
  block.write(isFolder ? '0000755' : '0000644', 100)
  block.write('0000000', 108)
  block.write('0000000', 116)
  writeNumber(block.subarray(124, 136), size)
  block.write('00000000000', 136)
  block.write(type ?? (isFolder ? '5' : '0'), 156)
  block.write('ustar\x0000', 257, 'latin1')
  const [sum] = sums(block)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

/** Zeros that fill the last block of so many bytes. */
export function padding(size: number): number {
  return (blockSize - (size % blockSize)) % blockSize
}

/** Up to the first NUL. */
function field(block: Buffer, start: number, length: number): Buffer {
  const bytes = block.subarray(start, start + length)
  const end = bytes.indexOf(0)
  return Buffer.from(end === -1 ? bytes : bytes.subarray(0, end))
}

/** Octal digits, or where the first bit is set a number in base 256, as GNU has it for 8 GiB and more. */
function number(bytes: Buffer, where: string): number {
  const [first = 0] = bytes
  const value = first & 0x80 ? base256(bytes) : octal(bytes)
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new InvalidContentError(`${where}: the size of a member is impossible`)
  }
  return value
}

function base256(bytes: Buffer): number {
  // 0xff would be a negative one.
  if (bytes[0] !== 0x80) return Number.NaN
  return Number(BigInt(`0x${bytes.toString('hex', 1)}`))
}

function octal(bytes: Buffer): number {
  const text = bytes.toString('latin1').replace(/^ +|[ \0]+$/g, '')
  if (text === '') return 0
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN
}

function writeNumber(bytes: Buffer, value: number): void {
  if (value < 8 ** 11) {
    bytes.write(value.toString(8).padStart(11, '0'), 0)
  } else {
    bytes[0] = 0x80
    bytes.writeBigUInt64BE(BigInt(value), 4)
  }
}

/** The sum counts its own field as spaces; old systems summed signed bytes. */
function isSumRight(block: Buffer): boolean {
  const text = block.toString('latin1', 148, 156).replace(/^ +|[ \0]+$/g, '')
  return /^[0-7]{1,7}$/.test(text) && sums(block).includes(Number.parseInt(text, 8))
}

function sums(block: Buffer): [unsigned: number, signed: number] {
  let [unsigned, signed] = [0, 0]
  for (let at = 0; at < blockSize; at++) {
    const byte = at >= 148 && at < 156 ? 0x20 : (block[at] ?? 0)
    unsigned += byte
    signed += byte > 127 ? byte - 256 : byte
  }
  return [unsigned, signed]
}
