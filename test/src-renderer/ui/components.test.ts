import { mount } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import FailureNote from '../../../src-renderer/ui/FailureNote.vue'
import NumberField from '../../../src-renderer/ui/NumberField.vue'
import StepTrail from '../../../src-renderer/ui/StepTrail.vue'
import ToggleSet from '../../../src-renderer/ui/ToggleSet.vue'
import StageList from '../../../src-renderer/run/StageList.vue'

describe('NumberField', () => {
  it('hands on usable numbers only, and shows the last one when left', async () => {
    const field = mount(NumberField, { props: { label: 'Bits', modelValue: 4, min: 2, max: 16 } })
    const input = field.get('input')
    await input.setValue('99')
    expect(field.emitted('update:modelValue')).toBeUndefined()
    expect(input.attributes('aria-invalid')).toBe('true')
    await input.setValue('4.5')
    expect(field.emitted('update:modelValue')).toEqual([[4.5]])
    await input.setValue('')
    expect(field.emitted('update:modelValue')).toEqual([[4.5]])
    await field.setProps({ modelValue: 4.5 })
    await input.trigger('blur')
    expect(input.element.value).toBe('4.5')
  })

  it('has a label that points at its input', () => {
    const field = mount(NumberField, { props: { label: 'Bits', modelValue: 4, hint: 'An average' } })
    expect(field.get('label').attributes('for')).toBe(field.get('input').attributes('id'))
    expect(field.get('p').attributes('id')).toBe(field.get('input').attributes('aria-describedby'))
  })
})

describe('ToggleSet', () => {
  it('keeps the order of the options and never empties', async () => {
    const set = mount(ToggleSet, { props: { label: 'Types', options: ['a', 'b', 'c'], modelValue: ['c'] } })
    const [first, , third] = set.findAll('button')
    await third?.trigger('click')
    expect(set.emitted('update:modelValue')).toBeUndefined()
    await first?.trigger('click')
    expect(set.emitted('update:modelValue')).toEqual([[['a', 'c']]])
  })
})

describe('StepTrail', () => {
  it('lets only reachable steps be pressed', async () => {
    const go = vi.fn()
    const trail = mount(StepTrail, { props: { current: 'goal', targets: { model: go, goal: go } } })
    expect(trail.findAll('button').map((button) => button.text())).toEqual(['Model'])
    expect(trail.get('[aria-current=step]').text()).toContain('Goal')
    await trail.get('button').trigger('click')
    expect(go).toHaveBeenCalledOnce()
  })
})

describe('FailureNote', () => {
  it('speaks up and never shows a stack trace first', () => {
    const note = mount(FailureNote, { props: { failure: { code: 'internal', message: 'boom', details: { stack: 'at line 7' } } } })
    expect(note.attributes('role')).toBe('alert')
    expect(note.get('.what').text()).toBe('Something went wrong inside Whittle.')
    expect(note.get('details').attributes('open')).toBeUndefined()
    expect(note.get('details').text()).toContain('at line 7')
  })
})

describe('StageList', () => {
  it('says in words what color and icon say', async () => {
    const list = mount(StageList, {
      props: { stages: { open: 'finished', calibrate: 'reused', plan: 'active', compress: 'waiting', report: 'waiting' } },
    })
    await nextTick()
    expect(list.findAll('li').map((item) => /\((.*?)\)/.exec(item.text())?.[1])).toEqual([
      'finished',
      'reused',
      'under way',
      'waiting',
      'waiting',
    ])
    expect(list.text()).toContain('calibration: reused')
  })
})
