const ROLES: Readonly<Record<string, string>> = {
  embedding: 'Embedding', output: 'Output', outputNorm: 'Output norm',
  attentionNorm: 'Attn norm', query: 'Query', key: 'Key', value: 'Value', attentionOutput: 'Attn out',
  queryNorm: 'Query norm', keyNorm: 'Key norm', expertNorm: 'Expert norm', router: 'Router',
  expertGate: 'Expert gate', expertUp: 'Expert up', expertDown: 'Expert down',
}

/** The order a layer is computed in, which is the order of a table's columns. */
export const ROLE_ORDER: readonly string[] = Object.keys(ROLES)

/** A tensor role in words; an unknown role keeps its own name. */
export function roleWords(role: string): string {
  return ROLES[role] ?? role
}
