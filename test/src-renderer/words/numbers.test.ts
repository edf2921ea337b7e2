import { describe, expect, it } from 'vitest'
import {
  atLeastFileSize,
  atLeastMemorySize,
  bigCount,
  duration,
  durationRange,
  fileSize,
  measure,
  memorySize,
  moment,
  percent,
} from '../../../src-renderer/words/numbers.ts'
import { qualityBand } from '../../../src-renderer/words/quality.ts'

describe('numbers in words', () => {
  it.each([
    [0, '0 bytes'],
    [999, '999 bytes'],
    [1000, '1.00 KB'],
    [12_545_064, '12.5 MB'],
    [999_600_000, '1.00 GB'],
    [61_064_245_248, '61.1 GB'],
  ])('file size %d is %s', (bytes, words) => {
    expect(fileSize(bytes)).toBe(words)
  })

  it.each([
    [2 ** 30, '1.00 GiB'],
    [12 * 2 ** 30, '12.0 GiB'],
    [320 * 2 ** 20, '320 MiB'],
    [512, '0.50 KiB'],
  ])('memory %d is %s', (bytes, words) => {
    expect(memorySize(bytes)).toBe(words)
  })

  it.each([
    [9_501_000_000, '9.51 GB'],
    [9_500_000_000, '9.50 GB'],
    [9_999_000_000, '10.0 GB'],
    [12_500_001, '12.6 MB'],
    [7, '7 bytes'],
  ])('a file of %d is enough when %s are named', (bytes, words) => {
    expect(atLeastFileSize(bytes)).toBe(words)
  })

  it.each([
    [12 * 2 ** 30, '12.0 GiB'],
    [12 * 2 ** 30 + 1, '12.1 GiB'],
    [600.2 * 2 ** 20, '601 MiB'],
  ])('memory of %d is enough when %s are named', (bytes, words) => {
    expect(atLeastMemorySize(bytes)).toBe(words)
  })

  it('counts as people do', () => {
    expect(bigCount(30_532_122_624)).toBe('30.5 billion')
    expect(bigCount(6_270_000)).toBe('6.27 million')
    expect(bigCount(512)).toBe('512')
  })

  it('never calls something nothing', () => {
    expect(percent(0.0004)).toBe('< 1%')
    expect(percent(0)).toBe('0%')
    expect(percent(0.2551, 1)).toBe('25.5%')
    expect(measure(0.0000023)).toBe('2.3e-6')
    expect(measure(0.00853)).toBe('0.00853')
  })

  it.each([
    [0.2, 0.9, 'a second or two'],
    [5, 20, '5 to 20 seconds'],
    [90, 130, '1.5 to 2.2 minutes'],
    [700, 1700, '12 to 28 minutes'],
    [10_800, 28_800, '3 to 8 hours'],
    [3600, 100_000, '1 to 28 hours'],
    [164_000, 410_000, '1.9 to 5 days'],
    [40, 86_400 * 3, 'up to 3 days'],
    [6, 130, '6 seconds to 2.2 minutes'],
    [7100, 7300, '2 hours'],
  ])('a range of %d to %d seconds is %s', (low, high, words) => {
    expect(durationRange(low, high)).toBe(words)
  })

  it('tells lengths of time', () => {
    expect([duration(4.4), duration(61), duration(3725)]).toEqual(['4 s', '1 min 1 s', '1 h 2 min'])
    expect(moment(new Date(2026, 10, 21, 9, 5).toISOString(), new Date(2026, 10, 21, 20))).toMatch(/^Today, 0?9:05/)
    expect(moment(new Date(2026, 10, 20, 9, 5).toISOString(), new Date(2026, 10, 21, 20))).toMatch(/^Nov 20, /)
  })

  it('judges by the thresholds that are shown', () => {
    expect([0, 0.0099, 0.01, 0.049, 0.05, 0.149, 0.15, 7].map((kl) => qualityBand(kl).word)).toEqual([
      'Very close',
      'Very close',
      'Close',
      'Close',
      'Noticeable',
      'Noticeable',
      'Clearly worse',
      'Clearly worse',
    ])
  })
})
