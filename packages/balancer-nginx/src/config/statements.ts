/** A directive and its arguments: `['proxy_read_timeout', '30s']`. Each is one token of the configuration. */
export type Directive = readonly [name: string, ...args: string[]]

/** One statement of an Nginx configuration. */
export type Statement =
  | { readonly kind: 'directive'; readonly tokens: Directive; readonly comment?: string | undefined }
  | { readonly kind: 'block'; readonly tokens: Directive; readonly body: readonly Statement[] }
  | { readonly kind: 'comment'; readonly text: string }

export const directive = (...tokens: Directive): Statement => ({ kind: 'directive', tokens })

export const block = (tokens: Directive, body: readonly Statement[]): Statement => ({
  kind: 'block',
  tokens,
  body,
})

export const comment = (text: string): Statement => ({ kind: 'comment', text })

/**
 * The statements as text. Every token is quoted where it could be read as anything but itself, so that no token ends a
 * directive, opens a block or starts a comment. `$` keeps its meaning: a variable.
 */
export function renderStatements(statements: readonly Statement[], indent = ''): string {
  return statements.map((statement) => renderStatement(statement, indent)).join('')
}

function renderStatement(statement: Statement, indent: string): string {
  switch (statement.kind) {
    case 'directive': {
      const note = statement.comment === undefined ? '' : ` # ${statement.comment}`
      return `${indent}${renderTokens(statement.tokens)};${note}\n`
    }
    case 'block': {
      const body = renderStatements(statement.body, `${indent}    `)
      return `${indent}${renderTokens(statement.tokens)} {\n${body}${indent}}\n`
    }
    case 'comment':
      return `${indent}# ${statement.text}\n`
  }
}

const renderTokens = (tokens: Directive): string => tokens.map(renderToken).join(' ')

/** What Nginx's own reader takes for one token without quotes. */
const plain = /^[\w./:=@%+,*~^|!$[\]-]+$/

function renderToken(token: string): string {
  if (plain.test(token)) return token
  // In quotes only these two mean anything to Nginx's reader, before n, r and t too.
  return `"${token.replaceAll(/["\\]/g, String.raw`\$&`)}"`
}
