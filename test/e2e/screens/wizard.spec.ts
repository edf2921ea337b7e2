import { choose, LARGE, playScenes, press, toBudget, toMethod } from './play-scenes.ts'

// The wizard up to the plan.
playScenes([
  { name: 'model-empty', address: '/#/new/model', shows: 'Opened before' },
  { name: 'model', address: LARGE, shows: 'Can be shrunk' },
  { name: 'model-wrong', address: '/#/new/model?path=/home/me/nothing', shows: 'That folder isn\'t there.' },
  { name: 'budget-card', address: LARGE, shows: 'Where the 12.0 GiB go', go: toBudget },
  { name: 'budget-impossible', address: LARGE, shows: 'Not possible.', go: async (page) => { await toBudget(page); await press(page, '8') } },
  { name: 'budget-size', address: LARGE, shows: 'The file may take at most', go: async (page) => { await toBudget(page); await page.getByRole('radio', { name: /File size/ }).click() } },
  { name: 'method', address: LARGE, shows: 'Smallest type for the attention matrices', go: async (page) => { await toMethod(page); for (const fold of ['Settings of the method', 'Settings of the run']) await page.getByText(fold, { exact: true }).click() } },
  { name: 'method-days', address: LARGE, shows: 'days on this machine', go: async (page) => { await toMethod(page); await choose(page, /^MoBE/); await choose(page, /^Dense folder/); await page.getByText('Settings of the method', { exact: true }).click() } },
  { name: 'budget-experts', address: LARGE, shows: 'Your budget now means something else', go: async (page) => { await toMethod(page); await choose(page, /^MoBE/); await choose(page, /^Dense folder/); await press(page, 'Change the budget') } },
  { name: 'preparing', address: `/?pace=200${LARGE.slice(1)}`, shows: 'Expert coverage', go: async (page) => { await toMethod(page); await press(page, 'Make the plan') } },
  { name: 'plan', address: '/#/runs/r3/plan', shows: 'How the bytes are spent' },
  { name: 'plan-ranks', address: '/#/runs/r9/plan', shows: 'Rank by expert' },
  { name: 'plan-bits', address: '/#/runs/r8/plan', shows: 'Within 0.04% of the best' },
  { name: 'plan-table', address: '/#/runs/r3/plan', shows: 'Predicted loss', go: (page) => page.getByRole('tab', { name: 'Every part' }).click() },
])
