import { connect } from '../../src/connect.js'
import type { Cloud } from '../../src/cloud.js'
import type { AuthOptions, ConnectOptions } from '../../src/config/connect-options.js'
import { base, FakeCloud } from './fake-cloud.js'

export const auth: AuthOptions = {
  authUrl: `${base}/identity/v3`,
  username: 'autoscaler',
  password: 'correct horse',
  userDomainName: 'Default',
  projectName: 'lab',
  projectDomainName: 'Default',
}

/** A client on a fake cloud. */
export function open(
  fake: FakeCloud = new FakeCloud(),
  options: Partial<ConnectOptions> = {},
): { readonly cloud: Cloud; readonly fake: FakeCloud } {
  const cloud = connect({ auth, send: fake.send, environment: {}, random: () => 0.5, ...options })
  return { cloud, fake }
}
