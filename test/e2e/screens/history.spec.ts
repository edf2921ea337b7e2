import { playScenes } from './play-scenes.ts'

// Home and history.
playScenes([
  { name: 'home-empty', address: '/?empty', shows: 'Try the demo model' },
  { name: 'home', address: '/', shows: 'Interrupted: Compress' },
  { name: 'delete', address: '/', shows: 'Also delete the finished file', go: (page) => page.getByRole('button', { name: /Delete the run of Qwen/ }).nth(1).click() },
])
