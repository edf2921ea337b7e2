import { toldText } from '../../contract/reasons.ts'
import type { Report } from '../../contract/report.ts'
import { durationText, percentText, sizeText } from './numbers.ts'

/** The parts of a report that `--json` promises. */
export function reportJson(report: Report): object {
  const { quality, verification } = report
  return {
    method: report.method,
    format: report.format ?? 'gguf',
    device: report.device,
    kernels: report.kernels,
    seconds: report.seconds,
    peakMemoryBytes: report.peakMemoryBytes,
    budget: { bytes: report.budgetBytes },
    plan: { bytes: report.planBytes, bitsPerWeight: report.bitsPerWeight },
    file: report.file,
    original: report.original,
    quality,
    ...(report.pruning === undefined ? {} : { pruning: report.pruning }),
    verification:
      verification === null
        ? null
        : {
            engine: verification.engine,
            perplexity: verification.perplexity,
            expected: verification.expected,
            agrees: verification.agrees,
            sample: verification.sample,
          },
    ...(report.verificationMissing === null ? {} : { verificationMissing: toldText(report.verificationMissing) }),
  }
}

/** A report for people: what was won, what was lost, who says so, where the file is. */
export function reportText(report: Report): string {
  const { original, file, quality } = report
  const { perplexity, klDivergence } = quality
  const ratio = perplexity.shrunk / perplexity.original
  return [
    `Size            ${sizeText(original.bytes)} -> ${sizeText(file.bytes)} (${percentText(file.bytes / original.bytes)} of the original)`,
    `Bits per weight ${((report.bitsPerWeight * original.bytes) / file.bytes).toFixed(2)} -> ${report.bitsPerWeight.toFixed(2)}`,
    `Perplexity      ${perplexity.original.toFixed(3)} -> ${perplexity.shrunk.toFixed(3)} (${ratio >= 1 ? '+' : ''}${((ratio - 1) * 100).toFixed(2)} %) on ${quality.tokens} held-out tokens`,
    `KL divergence   0 -> ${klDivergence.mean.toFixed(5)} ± ${klDivergence.standardError.toFixed(5)} nats per token, 99 % below ${klDivergence.p99.toFixed(4)}`,
    `Same next token ${percentText(quality.topOneAgreement)}; expected speculative acceptance ${percentText(quality.esap)}`,
    ...pruningLines(report),
    ...verificationLines(report),
    `File            ${file.path}`,
    `SHA-256         ${file.sha256}`,
    `Took            ${durationText(report.seconds)} on ${report.device} with ${report.kernels} kernels, at most ${sizeText(report.peakMemoryBytes)} of memory`,
  ].join('\n')
}

function pruningLines({ pruning }: Report): string[] {
  if (pruning === undefined) return []
  const {
    activeParameters: { before, after },
    keptExpertShare,
    withoutPruning,
    withoutProtection,
  } = pruning
  return [
    `Experts skipped ${percentText(1 - keptExpertShare)} of those routed; active parameters ${percentText(after / before)} of before`,
    `  no skipping   perplexity ${withoutPruning.perplexity.shrunk.toFixed(3)}, KL divergence ${withoutPruning.klDivergence.mean.toFixed(5)}`,
    `  no protection perplexity ${withoutProtection.perplexity.shrunk.toFixed(3)}, KL divergence ${withoutProtection.klDivergence.mean.toFixed(5)}`,
  ]
}

function verificationLines({ verification, verificationMissing }: Report): string[] {
  if (verification === null)
    return [`Not verified    ${verificationMissing === null ? 'no outside engine was asked' : toldText(verificationMissing)}`]
  const { engine, perplexity, expected, agrees, sample } = verification
  const verdict = agrees ? 'agrees within 1 %' : `DISAGREES with our ${expected.toFixed(3)}`
  return [
    `Verified by     ${engine}: perplexity ${perplexity.toFixed(3)}, ${verdict}`,
    `Sample          ${oneLine(sample.prompt)} [...] ${oneLine(sample.continuation)}`,
  ]
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
