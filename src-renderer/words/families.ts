/** What the methods of a family have in common, by the registry's family names. A family that is not here needs no words of its own. */
export const FAMILY_WORDS: Readonly<Record<string, { title: string; sentence: string }>> = {
  quantize: { title: 'Fewer bits.', sentence: 'Every weight stays, each in fewer bits.' },
  factor: { title: 'Fewer numbers.', sentence: 'Experts are rebuilt from small factors that they partly share.' },
  prune: { title: 'Fewer experts.', sentence: 'Experts that matter least go.' },
  merge: { title: 'Merged experts.', sentence: 'Alike experts become one.' },
}
