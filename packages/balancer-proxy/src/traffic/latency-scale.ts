/**
 * Latencies in buckets that each span 2^(1/8), about 9 %, from a tenth of a millisecond to over an hour, so that a
 * percentile is right to within 4.5 % at any size. The idea is HdrHistogram's; its JavaScript port brings hundreds of
 * kilobytes and WebAssembly for what is here a logarithm, and it does not forget, which a sliding window must.
 *
 * @see http://hdrhistogram.org
 */
const smallestMs = 0.1
const bucketsPerDoubling = 8

export const latencyBucketCount = 210

export function latencyBucketOf(ms: number): number {
  if (ms <= smallestMs) return 0
  const bucket = Math.floor(Math.log2(ms / smallestMs) * bucketsPerDoubling)
  return Math.min(bucket, latencyBucketCount - 1)
}

/** The middle of a bucket, milliseconds. */
export function latencyOfBucket(bucket: number): number {
  return smallestMs * 2 ** ((bucket + 0.5) / bucketsPerDoubling)
}

/**
 * The latency that a share of the counted requests did not exceed.
 *
 * @param share - 0..1: 0.95 for the 95th percentile
 * @returns milliseconds; undefined when nothing was counted
 */
export function latencyPercentile(counts: readonly number[], share: number): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return undefined
  const rank = Math.max(1, Math.ceil(share * total))
  let seen = 0
  for (const [bucket, count] of counts.entries()) {
    seen += count
    if (seen >= rank) return latencyOfBucket(bucket)
  }
  return latencyOfBucket(counts.length - 1)
}
