/** Sizes of a Windows icon; 256 is the largest an .ico can name. */
const ICO_SIZES = [16, 32, 48, 64, 128, 256]

/** Entries of a macOS icon that hold PNG files: type and pixels. The "@2x" types are twice what their points say. */
const ICNS_ENTRIES = /** @type {const} */ ([
  ['icp4', 16],
  ['icp5', 32],
  ['ic11', 32],
  ['ic12', 64],
  ['ic07', 128],
  ['ic13', 256],
  ['ic08', 256],
  ['ic14', 512],
  ['ic09', 512],
  ['ic10', 1024],
])

/** @param {ReadonlyMap<number, Buffer>} pictures @param {number} size */
function picture(pictures, size) {
  const png = pictures.get(size)
  if (png === undefined) throw new Error(`no picture of ${size} pixels`)
  return png
}

/**
 * A Windows .ico: a header of 6 bytes, 16 bytes a picture (0 stands for 256), then the PNG files.
 * @param {ReadonlyMap<number, Buffer>} pictures PNG files by size
 */
export function packIco(pictures) {
  const header = Buffer.alloc(6 + 16 * ICO_SIZES.length)
  header.writeUInt16LE(1, 2)
  header.writeUInt16LE(ICO_SIZES.length, 4)
  let offset = header.length
  for (const [index, size] of ICO_SIZES.entries()) {
    const { length } = picture(pictures, size)
    const at = 6 + 16 * index
    header.writeUInt8(size % 256, at)
    header.writeUInt8(size % 256, at + 1)
    header.writeUInt16LE(1, at + 4) // planes
    header.writeUInt16LE(32, at + 6) // bits per pixel
    header.writeUInt32LE(length, at + 8)
    header.writeUInt32LE(offset, at + 12)
    offset += length
  }
  return Buffer.concat([header, ...ICO_SIZES.map((size) => picture(pictures, size))])
}

/**
 * A macOS .icns: 'icns' and the file's length, then each entry's type, length (its own 8 bytes included) and PNG file.
 * @param {ReadonlyMap<number, Buffer>} pictures PNG files by size
 */
export function packIcns(pictures) {
  const entries = ICNS_ENTRIES.map(([type, size]) => chunk(type, picture(pictures, size)))
  return chunk('icns', Buffer.concat(entries))
}

/** @param {string} type @param {Buffer} body */
function chunk(type, body) {
  const head = Buffer.alloc(8)
  head.write(type, 'latin1')
  head.writeUInt32BE(8 + body.length, 4)
  return Buffer.concat([head, body])
}
