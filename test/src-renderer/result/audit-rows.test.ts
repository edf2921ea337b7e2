import { describe, expect, it } from 'vitest'
import type { TensorAudit } from '../../../src-main/contract/report.ts'
import { auditRows, untouched, worstOf, type AuditColumn } from '../../../src-renderer/result/audit-rows.ts'
import { fakeRun } from '../fake/fake-runs.ts'

const part = (tensor: string, over: Partial<TensorAudit> = {}): TensorAudit => ({
  tensor,
  layer: 0,
  role: 'query',
  from: 'BF16',
  to: 'Q4_K',
  bytes: 450,
  weights: 800,
  relativeError: 0.1,
  ...over,
})
const audit = [
  part('token_embd.weight', { layer: null, role: 'embedding', to: 'Q6_K', bytes: 900, relativeError: 0.02 }),
  part('blk.10.ffn_down_exps.weight', { layer: 10, role: 'expertDown', to: 'Q2_K', bytes: 260, relativeError: 0.4 }),
  part('blk.2.ffn_down_exps.weight', { layer: 2, role: 'expertDown', relativeError: 0.2 }),
  part('blk.2.attn_norm.weight', { layer: 2, role: 'attentionNorm', from: 'BF16', to: 'F32', bytes: 3200, weights: 800, relativeError: 0 }),
]
const names = (wanted: string, column: AuditColumn, down = false): string[] =>
  auditRows(audit, wanted, { column, down }).map(({ tensor }) => tensor.replace('.weight', ''))

describe('the audit', () => {
  it('is as written at first, and found by every word, in any order', () => {
    expect(names('', 'file')).toEqual(['token_embd', 'blk.10.ffn_down_exps', 'blk.2.ffn_down_exps', 'blk.2.attn_norm'])
    expect(names('q4_k DOWN', 'file')).toEqual(['blk.2.ffn_down_exps'])
    expect(names('"10.ffn"', 'file')).toEqual(['blk.10.ffn_down_exps'])
    expect(names('"ffn 10"', 'file')).toEqual([])
    expect(names('Embedding', 'file')).toEqual(['token_embd'])
    expect(names('nothing at all', 'file')).toEqual([])
  })

  it('sorts names as people count, and numbers both ways', () => {
    expect(names('blk', 'tensor')).toEqual(['blk.2.attn_norm', 'blk.2.ffn_down_exps', 'blk.10.ffn_down_exps'])
    expect(names('', 'error', true)[0]).toBe('blk.10.ffn_down_exps')
    expect(names('', 'bits')[0]).toBe('blk.10.ffn_down_exps')
    expect(names('', 'bytes', true)[0]).toBe('blk.2.attn_norm')
  })

  it('leaves the rows it was given as they were', () => {
    auditRows(audit, '', { column: 'error', down: true })
    expect(audit[0]?.tensor).toBe('token_embd.weight')
  })

  it('tells of parts that were to change and did not', () => {
    const planned = audit.map(({ tensor }) => ({ tensor, action: tensor.includes('norm') ? 'keep' : 'encode' }))
    expect(untouched(audit, planned)).toEqual([])
    expect(
      untouched([part('blk.2.ffn_down_exps.weight', { to: 'bf16' }), part('blk.2.attn_norm.weight', { to: 'BF16' })], planned),
    ).toEqual(['blk.2.ffn_down_exps.weight'])
  })

  it('finds and sorts among 18,000 parts', () => {
    const { report } = fakeRun({
      id: 'x',
      large: true,
      state: 'done',
      stage: 'report',
      hoursAgo: 1,
      recipe: { method: 'mc', format: 'safetensors' },
    })
    if (!report) throw new Error('The fake has no report')
    expect(report.audit.length).toBeGreaterThan(18_000)
    expect(auditRows(report.audit, 'down', { column: 'error', down: true }).length).toBe(48 * 128)
  })
})

describe('what lost most', () => {
  it('is weighed by size, layers and single parts apart', () => {
    const worst = worstOf(audit, 2)
    expect(worst.layers).toEqual([
      { layer: 10, expert: null, tensor: null, error: 0.4 },
      { layer: 2, expert: null, tensor: null, error: 0.1 },
    ])
    expect(worst.experts).toEqual([])
    expect(worst.parts.map(({ error }) => error)).toEqual([0.4, 0.2])
  })

  it('names experts where they were judged one by one', () => {
    const experts = worstOf(
      [
        part('a', { layer: 3, expert: 7, relativeError: 0.5 }),
        part('b', { layer: 3, expert: 7, relativeError: 0.3 }),
        part('c', { layer: 3, expert: 8, relativeError: 0.1 }),
      ],
      5,
    ).experts
    expect(experts.map(({ expert, error }) => [expert, Number(error.toFixed(6))])).toEqual([
      [7, 0.4],
      [8, 0.1],
    ])
  })
})
