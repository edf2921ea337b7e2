/** What a checkpoint may claim, and why no honest one claims more. Checked before anything is allocated for the claim. */
export const SAFETENSORS_LIMITS = {
  /** Of the largest published checkpoints (140,000 tensors with their scales) all headers together take 20 MB. The format allows 100. */
  headerBytes: 64 << 20,
  tensors: 400_000,
  /** Of a header's JSON: a tensor has a key, three named facts, up to 3 sizes and two offsets. */
  jsonValues: 400_000 * 16,
  /** What writers note beside the tensors are some dozens of texts. */
  metadataKeys: 4096,
  /** Weights of transformers have at most 3 dimensions; 8 is what the readers of the format share. */
  dimensions: 8,
  /** {"name": {"shape": [..]}} nests 3 deep. */
  jsonDepth: 4,
  /** The largest published checkpoints have a few hundred shards; each costs an open file. */
  shards: 1000,
  /** The index names each tensor once, in fewer bytes than a header. */
  indexBytes: 64 << 20,
} as const
