/** A thread that asks the system what the machine is made of: some of its programs hang, and some are waited for without a pause. */
import { parentPort } from 'node:worker_threads'
import systeminformation from 'systeminformation'
import { askNvidia, toCards } from './graphics-cards.ts'
import type { MachinePart } from './machine-facts.ts'

const port = parentPort
if (port === null) throw new Error('machine-worker.ts is a worker thread')

const tell = (part: MachinePart): void => port.postMessage(part)

/** Each part may fail alone. */
async function answer(id: MachinePart['id'], ask: () => Promise<MachinePart>): Promise<void> {
  try {
    tell(await ask())
  } catch (error) {
    tell({ id, problem: String(error) })
  }
}

await Promise.all([
  answer('processor', async () => {
    const { manufacturer, brand } = await systeminformation.cpu()
    return { id: 'processor', value: brand.includes(manufacturer) ? brand : `${manufacturer} ${brand}`.trim() }
  }),
  answer('battery', async () => {
    const { hasBattery, acConnected } = await systeminformation.battery()
    return { id: 'battery', value: hasBattery ? !acConnected : null }
  }),
  answer('cards', async () => {
    // NVIDIA first: what comes after may block this thread.
    const nvidia = await askNvidia()
    const { controllers } = await systeminformation.graphics()
    return { id: 'cards', value: await toCards(controllers, nvidia, process.platform) }
  }),
])
