import { IncomingMessage, type ClientRequest } from 'node:http'

/** Hears what the library does with one request. */
export interface Follower {
  /** It is about to go out on a connection that is there. */
  sending(toMember: ClientRequest): void
  /** The head of the answer is there, and is about to be copied. */
  answering(answer: IncomingMessage): void
  /** The member has said all it had to say. */
  answered(): void
}

/**
 * A request that leads to whoever follows it. A WeakMap would do the same and cost half as much again as all the rest
 * of a request: each entry is looked at anew by every garbage collection.
 */
export class Incoming extends IncomingMessage {
  follower: Follower | undefined = undefined
}
