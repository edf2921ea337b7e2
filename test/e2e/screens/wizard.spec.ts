import { expect, type Page } from '@playwright/test'
import { choose, LARGE, playScenes, press } from './play-scenes.ts'

/** A machine on which nothing was run yet: nothing is measured. */
const NEW = `/?empty${LARGE.slice(1)}`

const toGoal = async (page: Page): Promise<void> => {
  await expect(page.getByText('Can be shrunk')).toBeVisible()
  await press(page, 'Choose the goal')
  await expect(page.getByText('What comes out')).toBeVisible()
}
const toUse = async (page: Page): Promise<void> => {
  await toGoal(page)
  await press(page, 'Choose the text')
}
const toMethod = async (page: Page): Promise<void> => {
  await toUse(page)
  await press(page, 'Choose the method')
}
const toCheck = async (page: Page): Promise<void> => {
  await toMethod(page)
  await press(page, 'Check everything')
}
const unfold = (page: Page, heading: string) => page.getByText(heading, { exact: true }).click()
const openExpert = async (page: Page): Promise<void> => {
  await toGoal(page)
  await press(page, 'Expert')
}
const ownText = async (page: Page, label: string, path: string): Promise<void> => {
  await page.getByLabel(`File or folder: ${label}`).fill(path)
  await page.getByRole('button', { name: 'Use this text' }).last().click()
}
const writeTo = async (page: Page, path: string): Promise<void> => {
  await toCheck(page)
  await page.getByLabel('Write the file to').fill(path)
  await press(page, 'Use this path')
}
const toDense = async (page: Page): Promise<void> => {
  await toGoal(page)
  await choose(page, /^Share of the original/)
  await press(page, '75%')
  await press(page, 'Choose the text')
  await press(page, 'Choose the method')
  await choose(page, /^MoBE/)
  await choose(page, /^Dense folder/)
}

playScenes([
  { name: 'model-found', address: '/#/new/model', shows: 'Models on this computer' },
  {
    name: 'model-obstacle',
    address: '/#/new/model',
    shows: 'Choose a model of one of these families.',
    go: (page) => page.getByText('Why not?').first().click(),
  },
  { name: 'model-tokenizer', address: '/#/new/model?path=/models/odd-tokenizer', shows: 'Cut text as' },
  { name: 'model', address: LARGE, shows: 'Can be shrunk' },
  { name: 'model-wrong', address: '/#/new/model?path=/home/me/nothing', shows: "That folder isn't there." },
  { name: 'goal-measured', address: LARGE, shows: 'Measured on this model', go: toGoal },
  {
    name: 'goal-typical',
    address: NEW,
    shows: 'Typical of models like it',
    go: async (page) => {
      await toGoal(page)
      await page.getByRole('button', { name: /^Balanced/ }).click()
    },
  },
  {
    name: 'goal-impossible',
    address: LARGE,
    shows: 'Not possible.',
    go: async (page) => {
      await toGoal(page)
      await press(page, '8')
    },
  },
  { name: 'goal-percent', address: '/#/new/model?path=whittle:demo-model', shows: 'Fits your', go: toGoal },
  {
    name: 'goal-experts',
    address: LARGE,
    shows: 'Your goal now means something else',
    go: async (page) => {
      await toDense(page)
      await page.getByRole('button', { name: 'Change the goal' }).first().click()
    },
  },
  { name: 'use', address: NEW, shows: '5,124 of 5,124', go: toUse },
  {
    name: 'use-own',
    address: LARGE,
    shows: 'of 1,840,221',
    go: async (page) => {
      await toUse(page)
      await choose(page, /^My own texts/)
      await ownText(page, 'Text to measure with', '/home/me/code')
      await unfold(page, 'See the text as the model reads it')
    },
  },
  {
    name: 'use-overlap',
    address: LARGE,
    shows: 'The two texts share passages.',
    go: async (page) => {
      await toUse(page)
      await choose(page, /^A text of my own/)
      await ownText(page, 'Text to judge on', '/home/me/overlap')
    },
  },
  { name: 'method', address: LARGE, shows: 'Recommended', go: toMethod },
  {
    name: 'method-greyed',
    address: LARGE,
    shows: "doesn't write a GPTQ folder.",
    go: async (page) => {
      await toMethod(page)
      await choose(page, /^Mixture Compressor/)
      await choose(page, /^GPTQ folder/)
    },
  },
  {
    name: 'method-settings',
    address: LARGE,
    shows: 'Smallest type for the attention matrices',
    go: async (page) => {
      await toMethod(page)
      await unfold(page, 'Settings of the method')
      await unfold(page, 'Settings of the run')
    },
  },
  { name: 'method-days', address: LARGE, shows: 'days on this machine', go: toDense },
  { name: 'expert-valid', address: LARGE, shows: 'Nothing changed', go: openExpert },
  {
    name: 'expert-invalid',
    address: LARGE,
    shows: 'things to correct',
    go: async (page) => {
      await openExpert(page)
      await page
        .getByLabel('Recipe as JSON')
        .fill('{ "modelPath": "/m", "budget": { "kind": "percent", "percent": 150 }, "windowTokens": 4, "metod": "mc" }')
    },
  },
  {
    name: 'check-running',
    address: `/?pace=1500${LARGE.slice(1)}`,
    shows: 'Being checked',
    go: async (page) => {
      await toCheck(page)
      await expect(page.getByText('No battery to run out.')).toBeVisible()
    },
  },
  { name: 'check-ok', address: '/?pace=20#/new/model?path=whittle:demo-model', shows: 'Everything is ready.', go: toCheck },
  { name: 'check-warn', address: `/?pace=20${LARGE.slice(1)}`, shows: 'is worth knowing', go: toCheck },
  {
    name: 'check-stop',
    address: `/?pace=20${LARGE.slice(1)}`,
    shows: 'in the way',
    go: async (page) => {
      await writeTo(page, '/full/taken.gguf')
      await expect(page.getByText('2 things are in the way.')).toBeVisible()
    },
  },
  {
    name: 'preparing',
    address: `/?pace=200${LARGE.slice(1)}`,
    shows: 'Expert coverage',
    go: async (page) => {
      await toCheck(page)
      await page.getByLabel('Show me the plan before writing').check()
      await press(page, 'Make the plan')
    },
  },
  { name: 'plan', address: '/#/runs/r3/plan', shows: 'How the bytes are spent' },
  { name: 'plan-ranks', address: '/#/runs/r9/plan', shows: 'Rank by expert' },
  { name: 'plan-bits', address: '/#/runs/r8/plan', shows: 'Within 0.04% of the best' },
  {
    name: 'plan-table',
    address: '/#/runs/r3/plan',
    shows: 'Predicted loss',
    go: (page) => page.getByRole('tab', { name: 'Every part' }).click(),
  },
])
