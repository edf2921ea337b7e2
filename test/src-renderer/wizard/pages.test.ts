import { beforeEach, describe, expect, it } from 'vitest'
import { fakeLearning } from '../fake/fake-learning.ts'
import { fakeRun } from '../fake/fake-runs.ts'
import { createFakeService, ODD_TOKENIZER } from '../fake/fake-service.ts'
import { useDraft } from '../../../src-renderer/stores/draft.ts'
import { button, choice, eventually, press, visit } from './in-wizard.ts'

beforeEach(() => {
  sessionStorage.clear()
  document.body.replaceChildren()
})

describe('the wizard', () => {
  it('goes from the demo model to the result in one go', async () => {
    const service = createFakeService({ history: [], pace: 2 })
    const { page, router } = await visit(service, '/new/model?path=whittle:demo-model')
    await eventually(() => expect(page.text()).toContain('Can be shrunk'))
    for (const step of ['Choose the goal', 'Choose the text', 'Choose the method', 'Check everything', 'Start']) await press(page, step)
    await eventually(() => expect(router.currentRoute.value.name).toBe('result'))
    const [run] = service.runs.values()
    expect(run?.check?.trial?.steps.map((step) => step.id)).toEqual(['read', 'calibrate', 'encode', 'write', 'readBack'])
    page.unmount()
  })

  it('stops at the plan for somebody who wants to see it', async () => {
    const { page, router } = await visit(createFakeService({ history: [], pace: 2 }), '/new/model?path=whittle:demo-model')
    await eventually(() => expect(page.text()).toContain('Can be shrunk'))
    for (const step of ['Choose the goal', 'Choose the text', 'Choose the method', 'Check everything']) await press(page, step)
    await eventually(() => expect(page.text()).toContain('Everything is ready.'))
    await page.get('.plan input').setValue(true)
    await press(page, 'Make the plan')
    await eventually(() => expect(page.text()).toContain('This is the plan'))
    await press(page, 'Start compressing')
    await eventually(() => expect(router.currentRoute.value.name).toBe('result'))
    page.unmount()
  })

  it('shows the result of a run that is done before its page is there', async () => {
    const service = createFakeService({ history: [fakeRun({ id: 'quick', state: 'planned', stage: 'plan', hoursAgo: 1 })], pace: 2 })
    const { page, router } = await visit(service, '/runs/quick/plan')
    router.beforeResolve(async (to) => {
      if (to.name === 'run') await eventually(() => expect(service.runs.get('quick')?.summary.state).toBe('done'))
    })
    await eventually(() => button(page, 'Start compressing'))
    await button(page, 'Start compressing').trigger('click')
    await eventually(() => expect(router.currentRoute.value.name).toBe('result'))
    page.unmount()
  })

  it('offers the ways to cut text that fit a tokenizer llama.cpp has no name for, and keeps the choice with the recipe', async () => {
    const { page } = await visit(createFakeService({ history: [], pace: 2 }), `/new/model?path=${ODD_TOKENIZER}`)
    await eventually(() => expect(page.get('[role=alert]').text()).toContain('it cuts like a way that has one: qwen2, qwen35.'))
    expect(button(page, 'Choose the goal').attributes('disabled')).toBeDefined()
    await press(page, 'Cut text as “qwen35” does')
    await eventually(() => expect(page.text()).toContain('Can be shrunk'))
    expect(page.find('[role=alert]').exists()).toBe(false)
    expect(useDraft().recipe).toMatchObject({ modelPath: ODD_TOKENIZER, preTokenizer: 'qwen35' })
    await useDraft().openModel('whittle:demo-model')
    expect(useDraft().recipe?.preTokenizer).toBeNull()
    page.unmount()
  })

  it('shows a wrong path where it was typed, and goes nowhere', async () => {
    const { page, router } = await visit(createFakeService({ history: [], pace: 2 }), '/new/model?path=/nowhere')
    await eventually(() => expect(page.get('[role=alert]').text()).toContain("That folder isn't there."))
    expect(page.get('[role=alert]').text()).toContain('/nowhere')
    expect(button(page, 'Choose the goal').attributes('disabled')).toBeDefined()
    expect(router.currentRoute.value.name).toBe('model')
    page.unmount()
  })

  it('sends a goal without a model back to the model', async () => {
    const { page, router } = await visit(createFakeService({ history: [], pace: 2 }), '/new/goal')
    await eventually(() => expect(router.currentRoute.value.name).toBe('model'))
    page.unmount()
  })
})

describe('the choice of the method', () => {
  async function atMethods(model: string, percent = '35') {
    const { page, router } = await visit(createFakeService({ history: [], pace: 2 }), `/new/model?path=${model}`)
    await eventually(() => expect(page.text()).toContain('Can be shrunk'))
    await router.push('/new/goal')
    await eventually(() => choice(page, 'Share of the original'))
    await eventually(() => expect(page.text()).toContain('What comes out'))
    await choice(page, 'Share of the original').trigger('click')
    await eventually(() => page.get('.field input'))
    await page.get('.field input').setValue(percent)
    await router.push('/new/method')
    await eventually(() => expect(page.text()).toContain('What is written'))
    await eventually(() => expect(page.text()).toContain('= at most'))
    return { page, router }
  }

  it('greys a method that cannot become that small, and says how small it can', async () => {
    const { page } = await atMethods('whittle:demo-model')
    await eventually(() => expect(choice(page, 'MoBE').attributes('disabled')).toBeDefined())
    expect(choice(page, 'MoBE').text()).toContain('the smallest file this model can become is 5.27 MB')
    expect(choice(page, 'Measured bits').text()).toContain('Recommended')
    page.unmount()
  })

  it('says what each method would give, and for how long it would work', async () => {
    const { page } = await atMethods('whittle:demo-model')
    await eventually(() => expect(choice(page, 'Measured bits').text()).toMatch(/Size4.39 MB.*Expected quality.*Time.*seconds/))
    page.unmount()
  })

  it("changes a goal the method can't take in plain sight, and takes it back with the method", async () => {
    const { page, router } = await atMethods('whittle:demo-model', '60')
    await eventually(() => expect(choice(page, 'MoBE').attributes('disabled')).toBeUndefined())
    await choice(page, 'MoBE').trigger('click')
    await eventually(() => expect(page.get('.strip').text()).toContain('= at most'))
    await choice(page, 'Dense folder').trigger('click')
    await eventually(() =>
      expect(page.text()).toMatch(/You asked for 60% of the original; it is now \d+% of the expert parameters removed/),
    )
    expect(choice(page, 'Measured bits').attributes('disabled')).toBeDefined()
    expect(choice(page, 'Measured bits').text()).toContain("doesn't write a Dense folder")
    expect(choice(page, 'GGUF file').text()).toContain("MoBE doesn't make this of this model.")
    await button(page, 'Let the method choose the format').trigger('click')
    await eventually(() => expect(page.text()).not.toContain('Your goal now means something else'))
    await choice(page, 'Measured bits').trigger('click')
    await eventually(() => expect(page.get('.strip').text()).toContain('60% of the original'))
    await press(page, 'Check everything')
    await eventually(() => expect(router.currentRoute.value.name).toBe('check'))
    page.unmount()
  })

  it('says what days of work would be faster, and takes the setting with one press', async () => {
    const { page } = await atMethods('/home/me/models/Qwen3-30B-A3B', '60')
    await choice(page, 'MoBE').trigger('click')
    await eventually(() => expect(page.text()).toMatch(/MoBE will take about .* days on this machine/))
    const faster = page.findAll('button').find((each) => each.text().startsWith('Steps: 50, about'))
    await faster?.trigger('click')
    await eventually(() => expect(page.findAll('button').some((each) => each.text().startsWith('Steps: 50'))).toBe(false))
    expect(sessionStorage.getItem('whittle.draft')).toContain('"steps":50')
    page.unmount()
  })

  it('shows a plan of ranks by expert, with what there is to know', async () => {
    const { page } = await visit(createFakeService({ pace: 2 }), '/runs/r9/plan')
    await eventually(() => expect(page.text()).toContain('asked for: 40% of the expert parameters removed'))
    for (const words of ['Rank by expert', 'Not predicted', 'Down matrices stay as they are']) expect(page.text()).toContain(words)
    page.unmount()
  })

  it("learns before one's eyes", async () => {
    const run = fakeRun({
      id: 'm',
      state: 'running',
      stage: 'compress',
      hoursAgo: 0,
      recipe: { method: 'mobe', budget: { kind: 'remove', percent: 40 } },
    })
    const service = createFakeService({ history: [run], pace: 2 })
    const { page } = await visit(service, '/runs/m/run')
    await eventually(() => expect(page.text()).toContain('Layers written'))
    expect(page.text()).not.toContain('Learning')
    if (!run.model) throw new Error('The run has no model')
    for (const event of fakeLearning('m', 1, run.model)) service.emit(event)
    await eventually(() => expect(page.text()).toMatch(/Layer 2, expert up: [\d.]+% after 55 steps/i))
    expect(page.text()).toContain('Error by expert')
    page.unmount()
  })

  it('ends with a folder for its own loader', async () => {
    const { page } = await visit(createFakeService({ pace: 2 }), '/runs/r8/result')
    await eventually(() => expect(page.text()).toContain('trust_remote_code=True'))
    expect(page.text()).toContain('No outside engine on this machine reads a Transformers folder')
    expect(page.text()).not.toContain('llama-cli')
    page.unmount()
  })

  it('says what skipping experts saves and costs', async () => {
    const { page } = await visit(createFakeService({ pace: 2 }), '/runs/r8/result')
    await eventually(() => expect(page.text()).toContain('Tokens skip 18.8% of the experts chosen for them'))
    expect(page.text()).toContain('2.88 billion parameters instead of 3.35 billion: 14.0% less work')
    page.unmount()
  })
})

describe('a stopped run', () => {
  it('of too small a budget leads to the goal', async () => {
    const error = { code: 'budget-too-small', message: '', details: { budgetBytes: 1e9, smallestBytes: 9.5e9 } }
    const history = [fakeRun({ id: 'small', large: true, state: 'failed', stage: 'plan', hoursAgo: 1, percent: 3, error })]
    const { page, router } = await visit(createFakeService({ history, pace: 2 }), '/runs/small/run')
    await eventually(() => expect(page.text()).toContain('Allow at least 9.50 GB.'))
    await button(page, 'Change the goal').trigger('click')
    await eventually(() => expect(router.currentRoute.value.name).toBe('goal'))
    await eventually(() => expect(page.text()).toContain('Not possible.'))
    const fix = page.findAll('button').find((each) => each.text().startsWith('Use '))
    await fix?.trigger('click')
    await eventually(() => expect(page.text()).not.toContain('Not possible.'))
    page.unmount()
  })

  it('says what, where and why, and resumes', async () => {
    const service = createFakeService({ pace: 2 })
    const { page, router } = await visit(service, '/runs/r5/run')
    await eventually(() => expect(page.text()).toContain('The disk is full.'))
    expect(page.text()).toContain('31 finished parts are kept.')
    await button(page, 'Retry from layer 31').trigger('click')
    await eventually(() => expect(router.currentRoute.value.name).toBe('result'))
    page.unmount()
  })
})
