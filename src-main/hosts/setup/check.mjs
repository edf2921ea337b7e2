// npm run check: layer rule, locks, size limits, types, format, lint, unused code.
import { ALL_CHECKS, runChecks } from './check-steps.mjs'
import { installPackages } from './install-packages.mjs'
import { checkUsersNode, findNode24 } from './node-versions.mjs'
import { exitWith } from './say.mjs'

await exitWith(async () => {
  checkUsersNode()
  await installPackages()
  const { failed } = await runChecks(findNode24(), ALL_CHECKS)
  return failed === 0 ? 0 : 1
})
