// npm run fuzz -- [--minutes N | --seconds N] [--target T] [--seed S] [--count C] [--from I] [--report FILE]
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { fuzzTarget, type Tally } from './campaign.ts'
import { INPUTS } from './input.ts'
import { TARGETS, type TargetPlace } from './targets.ts'

/** Children at work at once. */
const AT_ONCE = 2

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    seconds: { type: 'string' },
    target: { type: 'string' },
    seed: { type: 'string' },
    count: { type: 'string' },
    from: { type: 'string' },
    report: { type: 'string' },
  },
})

/** A number given on the command line. */
function given(name: keyof typeof values, otherwise: number): number {
  const text = values[name]
  if (text === undefined) return otherwise
  const number = Number(text)
  if (!Number.isFinite(number) || number < 0) throw new Error(`--${name} ${text}: not a number`)
  return number
}

function chosenTargets(): readonly TargetPlace[] {
  if (values.target === undefined) return TARGETS
  const chosen = TARGETS.filter(({ name }) => name === values.target)
  if (chosen.length === 0) throw new Error(`--target ${values.target}: there are ${TARGETS.map(({ name }) => name).join(', ')}`)
  return chosen
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

function printTally(
  { target, executions, accepted, refused, failures, slowestMilliseconds, peakMegabytes, unavailable }: Tally,
  seed: number,
): void {
  if (unavailable !== null) return print(`skip  ${target}: ${unavailable}`)
  const times = failures.reduce((sum, failure) => sum + failure.times, 0)
  print(
    `${failures.length === 0 ? 'ok  ' : 'FAIL'}  ${target.padEnd(18)} ${executions} executions, ${accepted} accepted, ${refused} refused, ` +
      `${times} failures, slowest ${Math.round(slowestMilliseconds)} ms, peak ${Math.round(peakMegabytes)} MB`,
  )
  for (const { by, message, index, path, times: often } of failures) {
    print(`      ${by}, ${often} times: ${message.replaceAll('\n', '\n      ')}`)
    print(`      kept as ${relative(process.cwd(), path)}, which test/fuzz/regressions.test.ts runs; as it was made:`)
    print(`      npm run fuzz -- --target ${target} --seed ${seed} --from ${index} --count 1`)
  }
}

async function fuzz(): Promise<boolean> {
  const targets = chosenTargets()
  const seed = given('seed', Math.floor(Math.random() * 2 ** 32))
  const count = given('count', Infinity)
  const seconds = given('seconds', 60 * given('minutes', count === Infinity ? 0.5 : Infinity))
  print(`seed ${seed}`)
  const waiting = [...targets]
  const tallies: Tally[] = []
  const milliseconds = (1000 * seconds * Math.min(AT_ONCE, targets.length)) / targets.length
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const tally = await fuzzTarget({
        target: next.name,
        file: next.file,
        seed,
        from: given('from', 0),
        count,
        milliseconds,
        inputs: INPUTS,
      })
      tallies.push(tally)
      printTally(tally, seed)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  if (values.report !== undefined) {
    mkdirSync(dirname(values.report), { recursive: true })
    writeFileSync(values.report, JSON.stringify({ seed, tallies }))
  }
  return tallies.every(({ failures }) => failures.length === 0)
}

process.exitCode = (await fuzz()) ? 0 : 1
