import { describe, expect, it } from 'vitest'
import { changelogOf, withRelease } from '../lib/changelog.js'

const whole = `# Changelog

All packages share one version.

## 0.2.0 (unreleased)

- \`@flotilla/core\`: a policy.
  Over two lines.
- \`@flotilla/core/testing\`: a kit.
- \`@flotilla/backend-kvm\`: a pool.
- Everything is quicker.

## 0.1.0 (2026-01-01)

- \`@flotilla/backend-kvm\`: the first.
`

describe('changelogOf', () => {
  it('gives a package its own items, and those that are for all', () => {
    const own = changelogOf('@flotilla/core', whole)
    expect(own).toContain('a policy.\n  Over two lines.')
    expect(own).toContain('a kit.')
    expect(own).toContain('quicker')
    expect(own).not.toContain('a pool')
    expect(own).toContain('## 0.1.0 (2026-01-01)\n\nNothing that concerns this package.')
  })
})

describe('withRelease', () => {
  it('dates what was unreleased', () => {
    expect(withRelease(whole, '0.2.0', '2026-02-03')).toContain('\n## 0.2.0 (2026-02-03)\n')
    expect(() => withRelease('# Changelog\n', '0.2.0', '2026-02-03')).toThrow('(unreleased)')
  })
})
