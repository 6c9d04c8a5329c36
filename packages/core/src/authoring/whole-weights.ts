/**
 * Weights as whole numbers >= 1, in proportion, for a balancer that takes no others. Whole ones that are small enough stay
 * as they are.
 *
 * @param weights - finite, > 0
 * @param bounds - `largest`: the heaviest that the balancer takes. `finest`: what the heaviest becomes where weights must be
 * rounded; default `largest`
 */
export function wholeWeights(
  weights: readonly number[],
  { largest, finest = largest }: { readonly largest: number; readonly finest?: number | undefined },
): readonly number[] {
  const heaviest = Math.max(0, ...weights)
  if (heaviest <= largest && weights.every(Number.isSafeInteger)) return weights
  return weights.map((weight) => Math.max(1, Math.round((weight / heaviest) * finest)))
}
