import { playScenes } from './play-scenes.ts'

// Results.
playScenes([
  { name: 'result', address: '/#/runs/r2/result', shows: 'Verified by llama.cpp' },
  { name: 'result-folder', address: '/#/runs/r8/result', shows: 'at run time' },
  { name: 'result-gone', address: '/#/runs/r4/result', shows: 'The file is no longer where it was written.' },
])
