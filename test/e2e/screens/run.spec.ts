import { playScenes, press } from './play-scenes.ts'

// A run at work and stopped.
playScenes([
  { name: 'run', address: '/?pace=200#/runs/r3/plan', shows: 'Last saved', go: (page) => press(page, 'Start compressing') },
  { name: 'run-learning', address: '/?pace=400#/runs/r9/plan', shows: 'Error by expert', go: (page) => press(page, 'Start compressing') },
  { name: 'cancel', address: '/?pace=200#/runs/r3/plan', shows: 'Stop this run?', go: async (page) => { await press(page, 'Start compressing'); await press(page, 'Cancel') } },
  { name: 'run-failed', address: '/#/runs/r5/run', shows: 'The disk is full.' },
  { name: 'run-interrupted', address: '/#/runs/r1/run', shows: 'This run was interrupted.' },
])
