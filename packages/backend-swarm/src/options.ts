import type { DockerEngine, DockerEngineOptions, TemplateOptions, Variables } from '@flotilla/docker-engine'

/** Which service is scaled, and how its tasks are run. */
export interface SwarmServiceOptions extends TemplateOptions {
  /** With its tag or digest; needed unless `adopt` names a service that has one. */
  readonly image?: string | undefined
  /**
   * A service that is there already, by name, to be scaled as it is: its template stays its owner's. Then the backend
   * has one group. Left out, each group is a service of its own, which has the group's name.
   */
  readonly adopt?: string | undefined
  /** Variables. Values are never printed; whoever may read the service may read them. */
  readonly env?: Variables | undefined
  /** Labels of your own on the service; none may begin with `flotilla.`. */
  readonly labels?: Readonly<Record<string, string>> | undefined
  /** Overlay network to join, which must be there; needed to reach a `port`, unless that is published. */
  readonly network?: string | undefined
  /**
   * - `ip` (default): its address in `network`, reachable from inside that
   * - `published`: a port of its node that Docker chooses, reachable from outside
   */
  readonly address?: 'ip' | 'published' | undefined
  /** How the service's own name is answered: by one virtual address (default), or by those of its tasks. */
  readonly endpointMode?: 'vip' | 'dnsrr' | undefined
  /** What a node must have free for a task to be put there; default nothing, so that Swarm takes every node for free. */
  readonly reserve?: Reservation | undefined
  /** Where tasks may run: `node.role==worker`. */
  readonly constraints?: readonly string[] | undefined
  /**
   * What Swarm does when a task ends; default `any`: it starts another in its place, and the instance is pending
   * meanwhile. With `none` the instance has stopped and stays so, and counts: nobody replaces it, for Swarm would end
   * another in its stead.
   */
  readonly restart?: 'none' | 'on-failure' | 'any' | undefined
  /** How Swarm brings in a changed template. */
  readonly update?: RollingUpdate | undefined
  /** Engines of the nodes, by host name, to read `usage` from; tasks on other nodes are then not read. */
  readonly nodes?: Readonly<Record<string, DockerEngine | DockerEngineOptions>> | undefined
  /** A manager of the swarm, or where it is. */
  readonly engine?: DockerEngine | DockerEngineOptions | undefined
}

/** What a node must have free for a task. */
export interface Reservation {
  readonly cpus?: number | undefined
  readonly memoryBytes?: number | undefined
}

/** How Swarm replaces the tasks of a service whose template changed. */
export interface RollingUpdate {
  /** Tasks replaced at one time; default 1. */
  readonly parallel?: number | undefined
  /** Whether the new task starts before the old one stops; default `start-first`. */
  readonly order?: 'start-first' | 'stop-first' | undefined
  /** Between one replacement and the next; default 0. */
  readonly delayMs?: number | undefined
  /** Default `rollback`. */
  readonly onFailure?: 'pause' | 'continue' | 'rollback' | undefined
}
