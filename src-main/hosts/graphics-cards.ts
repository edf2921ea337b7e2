import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { Systeminformation } from 'systeminformation'
import type { GraphicsCard } from '../contract/machine.ts'

const MIB = 2 ** 20
const ANSWER_MS = 4000

/** What systeminformation tells of a card, as far as it is used. */
export type Controller = Pick<Systeminformation.GraphicsControllerData, 'vendor' | 'model' | 'vram' | 'vramDynamic' | 'busAddress'>

/**
 * What NVIDIA's own program tells of its cards; null where there is no such program, or it fails. Also found in containers that see no PCI
 * bus.
 */
export async function askNvidia(program = 'nvidia-smi'): Promise<GraphicsCard[] | null> {
  try {
    const words = ['--query-gpu=name,memory.total,memory.free', '--format=csv,noheader,nounits']
    const { stdout } = await promisify(execFile)(program, words, { timeout: ANSWER_MS, windowsHide: true })
    return parseNvidia(stdout)
  } catch {
    return null // most machines have no such card
  }
}

/** Lines like "NVIDIA GeForce RTX 4090, 24564, 23000", in MiB; "[N/A]" where the card shares the system's memory. */
export function parseNvidia(text: string): GraphicsCard[] {
  return text
    .split(/\r?\n/)
    .filter((line) => line.includes(','))
    .map((line) => {
      const [name = '', total = '', free = ''] = line.split(',').map((field) => field.trim())
      return { name, totalBytes: mebibytes(total), freeBytes: mebibytes(free) }
    })
}

function mebibytes(text: string): number | null {
  return /^\d+(\.\d+)?$/.test(text) ? Math.round(Number(text) * MIB) : null
}

/** NVIDIA's cards as their own program tells them, all others as the system does. */
export async function toCards(
  controllers: readonly Controller[],
  nvidia: readonly GraphicsCard[] | null,
  platform: NodeJS.Platform,
): Promise<GraphicsCard[]> {
  const others = nvidia === null ? controllers : controllers.filter((one) => !/nvidia/i.test(`${one.vendor} ${one.model}`))
  const cards = others.filter(({ model }) => !/basic (display|render)|remote display|virtual display/i.test(model))
  return [...(nvidia ?? []), ...(await Promise.all(cards.map((one) => toCard(one, platform))))]
}

async function toCard(controller: Controller, platform: NodeJS.Platform): Promise<GraphicsCard> {
  const { vendor, model } = controller
  const name = model.toLowerCase().includes(vendor.toLowerCase()) ? model : `${vendor} ${model}`.trim()
  if (platform === 'linux') return { name, ...(await linuxMemory(controller.busAddress)) }
  const { vram, vramDynamic } = controller
  return { name, totalBytes: vram === null || vram <= 0 || vramDynamic ? null : Math.round(vram * MIB), freeBytes: null }
}

/** What amdgpu writes in /sys. The size lspci gives, of the window the processor sees, is not the card's memory. */
export async function linuxMemory(
  busAddress: string | undefined,
  devices = '/sys/bus/pci/devices',
): Promise<Pick<GraphicsCard, 'totalBytes' | 'freeBytes'>> {
  const address = /^([\da-f]{4}:)?([\da-f]{2}:[\da-f]{2}\.[\da-f])$/i.exec(busAddress ?? '')
  const read = async (name: string): Promise<number | null> => {
    if (address === null) return null
    // Another driver's card.
    const text = await readFile(`${devices}/${address[1] ?? '0000:'}${address[2]}/${name}`, 'utf8').catch(() => null)
    return text !== null && /^\d+\s*$/.test(text) ? Number(text) : null
  }
  const [total, used] = [await read('mem_info_vram_total'), await read('mem_info_vram_used')]
  return { totalBytes: total, freeBytes: total === null || used === null ? null : Math.max(total - used, 0) }
}
