import { t } from '../locales/i18n.ts'

interface FamilyWords { readonly title: string; readonly sentence: string }

const familyWords = (family: 'quantize' | 'factor' | 'prune' | 'merge'): FamilyWords => ({
  get title() { return t(`words.family-${family}-title`) },
  get sentence() { return t(`words.family-${family}-sentence`) },
})

/** What the methods of a family have in common, by the registry's family names. A family that is not here needs no words of its own. */
export const FAMILY_WORDS: Readonly<Record<string, FamilyWords>> = {
  quantize: familyWords('quantize'), factor: familyWords('factor'), prune: familyWords('prune'), merge: familyWords('merge'),
}
