import type { Context } from '../context.js'
import type { PullProgress } from '@flotilla/docker-engine'

/** Who wants the image, and how long they will wait. */
export interface PullFor {
  readonly what: string
  readonly signal: AbortSignal
}

/** Fetches the template's image. Pulls at the same time are one at the engine, which fetches each layer once. */
export async function pullImage({ engine, settings }: Context, { what, signal }: PullFor): Promise<void> {
  const { template, registryAuth, onPull, pullTimeoutMs } = settings
  const request = {
    image: template.image,
    auth: registryAuth,
    onProgress: (progress: PullProgress): void => {
      try {
        onPull?.(progress)
      } catch {
        // The listener's own trouble must not cost the launch.
      }
    },
  }
  const step = { what: `${what}: pull ${template.image}`, signal, timeoutMs: pullTimeoutMs } as const
  await engine.ask(step, async (docker, call) => docker.pullImage(request, call))
}
