import type { EN } from '../en/english.ts'
import type { SameMessages } from '../same-messages.ts'
import { SHELL } from './shell.ts'
import { MODEL } from './model.ts'
import { GOAL } from './goal.ts'
import { USE } from './use.ts'
import { METHOD } from './method.ts'
import { CHECK } from './check.ts'
import { PLAN } from './plan.ts'
import { RUN } from './run.ts'
import { RESULT } from './result.ts'
import { EXPORT } from './export.ts'
import { COMPARE } from './compare.ts'
import { HISTORY } from './history.ts'
import { SETTINGS } from './settings.ts'
import { GLOSSARY } from './glossary.ts'
import { WORDS } from './words.ts'

/** Every sentence of the app in German. */
export const DE: { readonly [A in keyof typeof EN]: SameMessages<(typeof EN)[A]> } = {
  shell: SHELL,
  model: MODEL,
  goal: GOAL,
  use: USE,
  method: METHOD,
  check: CHECK,
  plan: PLAN,
  run: RUN,
  result: RESULT,
  export: EXPORT,
  compare: COMPARE,
  history: HISTORY,
  settings: SETTINGS,
  glossary: GLOSSARY,
  words: WORDS,
}
