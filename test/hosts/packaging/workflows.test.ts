import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import * as z from 'zod'
import { SOURCE_ROOT } from '../../../src-main/hosts/workplace.ts'

const Step = z
  .object({
    uses: z.string().optional(),
    run: z.string().optional(),
    name: z.string().optional(),
    with: z.record(z.string(), z.unknown()).optional(),
  })
  .refine((step) => (step.uses === undefined) !== (step.run === undefined), 'a step uses an action or runs a command')
const Workflow = z.object({
  name: z.string(),
  permissions: z.record(z.string(), z.enum(['read', 'none'])),
  jobs: z.record(
    z.string(),
    z.object({
      'runs-on': z.string(),
      'timeout-minutes': z.int(),
      needs: z.string().optional(),
      strategy: z.unknown().optional(),
      steps: z.array(Step).min(1),
    }),
  ),
})

const folder = join(SOURCE_ROOT, '.github/workflows')
const files = readdirSync(folder)
const read = (name: string) => Workflow.parse(parse(readFileSync(join(folder, name), 'utf8')))
const stepsOf = (name: string) => Object.values(read(name).jobs).flatMap((job) => job.steps)
const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(SOURCE_ROOT, 'package.json'), 'utf8')))

test('there are a workflow for every change and one for releases', () => {
  expect(files.sort()).toEqual(['ci.yml', 'release.yml'])
})

test.each(files)('%s: every script named exists, every action is pinned, nothing foreign is spelled into a command', (name) => {
  const steps = stepsOf(name)
  const commands = steps.map(({ run }) => run ?? '')
  const named = commands.flatMap((command) => [...command.matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1] ?? ''))
  expect(named.length).toBeGreaterThan(0)
  expect(named.filter((script) => !(script in scripts))).toEqual([])
  for (const { uses } of steps) if (uses !== undefined) expect(uses).toMatch(/^[\w-]+\/[\w./-]+@(v\d+|[0-9a-f]{40})$/)
  // ${{ }} in a command is text put into a script; values come as variables instead.
  expect(commands.filter((command) => command.includes('${{'))).toEqual([])
  for (const { uses, with: given } of steps)
    if (uses?.startsWith('actions/checkout@')) expect(given).toMatchObject({ 'persist-credentials': false })
})

test('both build on the three systems, with Node 24 and the native kernels', () => {
  for (const name of files) {
    const text = readFileSync(join(folder, name), 'utf8')
    for (const system of ['ubuntu-24.04', 'macos-15', 'windows-2025']) expect(text, name).toContain(system)
    for (const step of stepsOf(name))
      if (step.uses?.startsWith('actions/setup-node@')) expect(step.with).toMatchObject({ 'node-version': 24 })
    expect(
      stepsOf(name).some(({ run }) => run?.startsWith('cmake --build native-kernels/build') === true),
      name,
    ).toBe(true)
  }
})

test('a release is tested before it is packed, and goes out as a draft with checksums, parts and proof of its making', () => {
  const { pack, draft } = read('release.yml').jobs
  const commands = pack?.steps.map(({ run }) => run ?? '') ?? []
  expect(commands.findIndex((command) => command === 'npm test')).toBeGreaterThan(0)
  expect(commands.findIndex((command) => command === 'npm test')).toBeLessThan(
    commands.findIndex((command) => command.includes('npm run dist')),
  )
  expect(draft?.needs).toBe('pack')
  const all = JSON.stringify(draft?.steps)
  for (const part of ['sha256sum', 'npm sbom', 'actions/attest-build-provenance@', 'actions/attest-sbom@', '--draft', '--verify-tag'])
    expect(all).toContain(part)
  expect(existsSync(join(SOURCE_ROOT, 'CHANGELOG.md'))).toBe(true)
})
