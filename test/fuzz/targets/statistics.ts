// Calibrations kept on disk: the file of statistics, read whole or for its maps, its checksum broken or made to fit the damage; and the
// table beside it.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readExpertMaps } from '../../../src-main/calibration/expert-maps.ts'
import { HASH_BYTES, STATISTICS_MAGIC, readStatistics, writeStatistics } from '../../../src-main/calibration/statistics-file.ts'
import { readErrors } from '../../../src-main/pipeline/measure-errors.ts'
import { modelStatistics } from '../../calibration/made-up-statistics.ts'
import type { Chance } from '../chance.ts'
import type { Input } from '../input.ts'
import { mutateBytes } from '../mutate-bytes.ts'
import { mutateJson } from '../mutate-json.ts'
import type { OpenTarget } from '../target.ts'

/** The magic word and the header's length. */
const START_BYTES = 12
const TABLE = { version: 1, table: { tensors: [{ name: 'a', errors: { Q4_K: 0.1 } }] } }

export const openTarget: OpenTarget = async (folder) => {
  const path = join(folder, 'calibration.statistics')
  await writeStatistics(
    path,
    modelStatistics([
      [4, 5],
      [9, 0],
    ]),
  )
  const sound = readFileSync(path)
  const headerEnd = START_BYTES + sound.readUInt32LE(8)
  const header: unknown = JSON.parse(sound.toString('utf8', START_BYTES, headerEnd))
  const arrays = sound.subarray(headerEnd, -HASH_BYTES)
  const body = (chance: Chance): Uint8Array => {
    if (chance.happens(0.4)) return mutateBytes(chance, sound.subarray(0, -HASH_BYTES), 4)
    const json = mutateJson(chance, header, { words: ['version', 'layers', 'lengths', 'numbers', 'model', 'tokens'] })
    const start = Buffer.alloc(START_BYTES)
    start.write(STATISTICS_MAGIC, 'latin1')
    start.writeUInt32LE(json.length, 8)
    return Buffer.concat([start, json, arrays])
  }
  return {
    make(chance): Input {
      if (chance.happens(0.1)) return { table: mutateJson(chance, TABLE, { words: ['version', 'table', 'errors', 'tensors'] }) }
      const changed = body(chance)
      const checksum = chance.happens(0.7) ? createHash('sha256').update(changed).digest() : sound.subarray(-HASH_BYTES)
      return { [chance.pick(['statistics', 'maps'])]: Buffer.concat([changed, checksum]) }
    },
    async run({ table, statistics, maps }) {
      if (table !== undefined) writeFileSync(`${path}.errors-0.json`, table)
      await readErrors(path, true, 0)
      writeFileSync(path, statistics ?? maps ?? sound)
      if (statistics === undefined) await readExpertMaps(path)
      else await readStatistics(path)
    },
  }
}
