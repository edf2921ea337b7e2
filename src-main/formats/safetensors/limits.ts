/** What a checkpoint may claim, and why no honest one claims more. Checked before anything is allocated for the claim. */
export const SAFETENSORS_LIMITS = {
  /** The format's own limit: 100 MB of header describe about a million tensors. */
  headerBytes: 100_000_000,
  /** 512 layers x 1024 experts would be more, but no header under the byte limit holds them. */
  tensors: 1_000_000,
  /** Weights of transformers have at most 3 dimensions; 8 is what the readers of the format share. */
  dimensions: 8,
  /** {"name": {"shape": [..]}} nests 3 deep. */
  jsonDepth: 4,
  /** The largest published checkpoints have a few hundred shards; each costs an open file. */
  shards: 1000,
  /** The index names each tensor once, in fewer bytes than a header. */
  indexBytes: 100_000_000,
} as const
