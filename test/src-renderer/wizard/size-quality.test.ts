import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import type { QualityCurve } from '../../../src-main/contract/curve.ts'
import SizeQuality from '../../../src-renderer/wizard/SizeQuality.vue'
import { FAKE_MODELS, fakeBreakdown } from '../fake/fake-models.ts'

const model = FAKE_MODELS[1]
if (!model) throw new Error('The fake has a large model')
const breakdown = fakeBreakdown(model, { kind: 'size', bytes: 17e9 })
const at = (fileBytes: number, klDivergence: number) => ({ fileBytes, klDivergence, bitsPerWeight: 4 })
const small = at(9e9, 0.12)
const balanced = at(17e9, 0.03)
const careful = at(24e9, 0.008)
const CURVE: QualityCurve = { basis: 'typical', points: [small, balanced, careful], stops: { small, balanced, careful } }
const slider = (curve: QualityCurve | null) =>
  mount(SizeQuality, { props: { curve, breakdown, method: 'Measured bits' }, attachTo: document.body })

describe('the slider between small and good', () => {
  it('says in words where it stands, and where the curve comes from', () => {
    const card = slider(CURVE)
    expect(card.get('[role=slider]').attributes('aria-valuetext')).toBe('17.0 GB, Close')
    expect(card.text()).toContain('Typical of models like it')
    expect(card.get('svg[role=img]').attributes('aria-label')).toContain('At 17.0 GB: Close.')
    expect(card.findAll('.stop').map((each) => each.attributes('aria-pressed'))).toEqual(['false', 'true', 'false'])
    expect(card.findAll('tbody tr')).toHaveLength(3)
    card.unmount()
  })

  it('asks for bytes when it is moved, to the very ends when it is moved there', async () => {
    const card = slider(CURVE)
    const thumb = card.get('[role=slider]')
    await thumb.trigger('keydown', { key: 'End' })
    expect(card.emitted('bytes')?.at(-1)).toEqual([breakdown.largestBytes])
    await thumb.trigger('keydown', { key: 'Home' })
    expect(card.emitted('bytes')?.at(-1)).toEqual([breakdown.smallestBytes])
    card.unmount()
  })

  it('has three named sizes', async () => {
    const card = slider(CURVE)
    const [first, , last] = card.findAll('.stop')
    await first?.trigger('click')
    await last?.trigger('click')
    expect(card.emitted('bytes')).toEqual([[9e9], [24e9]])
    card.unmount()
  })

  it('stays a slider where nobody knows the loss, and says so', () => {
    const card = slider({ basis: null, points: [], stops: null })
    expect(card.get('[role=slider]').attributes('aria-valuetext')).toBe('17.0 GB')
    expect(card.text()).toContain('What Measured bits loses at each size is not known beforehand')
    expect(card.find('svg[role=img]').exists()).toBe(false)
    expect(card.findAll('.stop')).toHaveLength(0)
    card.unmount()
  })
})
