/** One token of a configuration: a word, or what ends a directive, opens a block or closes one. */
export type Token = { readonly kind: 'word'; readonly text: string } | { readonly kind: ';' | '{' | '}' }

/**
 * A configuration's tokens, as Nginx itself reads them.
 *
 * @throws Error where it ends inside quotes
 * @see https://github.com/nginx/nginx/blob/master/src/core/ngx_conf_file.c (ngx_conf_read_token)
 */
export function* tokensOf(text: string): Generator<Token> {
  let at = 0
  while (at < text.length) {
    const char = text.charAt(at)
    if (/\s/.test(char)) at += 1
    else if (char === '#') {
      const end = text.indexOf('\n', at)
      at = end < 0 ? text.length : end
    } else if (char === ';' || char === '{' || char === '}') {
      yield { kind: char }
      at += 1
    } else {
      const word = char === '"' || char === "'" ? quotedWord(text, at) : plainWord(text, at)
      yield { kind: 'word', text: word.text }
      at = word.end
    }
  }
}

interface Word {
  readonly text: string
  readonly end: number
}

function quotedWord(text: string, start: number): Word {
  const quote = text.charAt(start)
  for (let at = start + 1; at < text.length; at += 1) {
    if (text.charAt(at) === '\\') at += 1
    else if (text.charAt(at) === quote) return { text: unescaped(text.slice(start + 1, at)), end: at + 1 }
  }
  throw new Error('the configuration ends inside quotes')
}

function plainWord(text: string, start: number): Word {
  let at = start
  while (at < text.length) {
    const char = text.charAt(at)
    if (char === '\\') at += 2
    else if (char === '{' && text.charAt(at - 1) === '$' && at > start) at += 1
    else if (/[\s;{]/.test(char)) break
    else at += 1
  }
  return { text: unescaped(text.slice(start, at)), end: at }
}

/** Other escapes stay as they are: they mean something to the directive, such as to a regular expression. */
function unescaped(raw: string): string {
  const meanings: Readonly<Record<string, string>> = { t: '\t', r: '\r', n: '\n' }
  return raw.replaceAll(/\\(["'\\trn])/g, (_, char: string) => meanings[char] ?? char)
}
