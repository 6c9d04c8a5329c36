import { describe, expect, it } from 'vitest'
import { cloudTests, launchAll } from '../kit/cloud-tests.js'

describe('a name that several projects have', () => {
  const tests = cloudTests()

  it('is that of the own project, where an admin sees them all', async () => {
    const { fake, open } = tests
    fake.securityGroups.push(
      { id: 'theirs', name: 'default', project_id: 'q' },
      { id: 'ours', name: 'default', project_id: 'p' },
    )
    await launchAll(open({ options: { floatingIpFrom: 'public', securityGroups: ['default'] } }), 'a')
    expect([...fake.ports.values()][0]?.body).toMatchObject({ security_groups: ['ours'] })
  })

  it('is refused when the own project has none', async () => {
    const { fake, open } = tests
    fake.securityGroups.push(
      { id: 'theirs', name: 'default', project_id: 'q' },
      { id: 'others', name: 'default', project_id: 'r' },
    )
    const options = { floatingIpFrom: 'public', securityGroups: ['default'] }
    await expect(launchAll(open({ options }), 'a')).rejects.toMatchObject({ code: 'invalid-template' })
  })
})
