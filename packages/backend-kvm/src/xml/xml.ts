import { FlotillaError } from '@flotilla/core'
import { messageOf } from '@flotilla/core/authoring'
import { DOMImplementation, DOMParser, XMLSerializer, type Document, type Element } from '@xmldom/xmldom'

export type { Document, Element }

/** What stands in an element: an attribute is left out when undefined. */
export interface ElementParts {
  readonly attributes?: Readonly<Record<string, string | number | undefined>> | undefined
  readonly text?: string | number | undefined
  readonly children?: readonly (Element | undefined)[] | undefined
}

/** Makes elements of one document, so that no XML is ever glued together from strings. */
export class XmlWriter {
  readonly #document: Document = new DOMImplementation().createDocument(null, '', null)

  /** @param name - one of our own constants; what comes from outside stands in attributes and text only */
  element(name: string, parts: ElementParts = {}): Element {
    return this.#fill(this.#document.createElement(name), parts)
  }

  /** An element in a name space, such as our own in `<metadata>`. */
  elementIn(uri: string, qualifiedName: string, parts: ElementParts = {}): Element {
    return this.#fill(this.#document.createElementNS(uri, qualifiedName), parts)
  }

  #fill(element: Element, { attributes = {}, text, children = [] }: ElementParts): Element {
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== undefined) element.setAttribute(name, checkedText(String(value)))
    }
    if (text !== undefined) element.appendChild(this.#document.createTextNode(checkedText(String(text))))
    for (const child of children) if (child !== undefined) element.appendChild(child)
    return element
  }
}

/** An element as text. */
export function xmlText(element: Element): string {
  return new XMLSerializer().serializeToString(element)
}

/**
 * The root of an XML text.
 *
 * @throws FlotillaError `invalid-template` when it is not well-formed
 */
export function parseXml(text: string, what: string): Element {
  const document = parse(text, what)
  const root = document.documentElement
  if (root === null) throw new FlotillaError('invalid-template', `${what}: there is no XML in it`)
  return root
}

function parse(text: string, what: string): Document {
  // A document type could name files to read.
  if (text.includes('<!DOCTYPE')) {
    throw new FlotillaError('invalid-template', `${what}: a document type is not taken`)
  }
  try {
    const onError = (_level: string, message: string): void => {
      // A character like any other: a stranger's title may have it.
      if (!message.startsWith('Unicode replacement character')) throw new Error(message)
    }
    return new DOMParser({ onError }).parseFromString(text, 'text/xml')
  } catch (error) {
    throw new FlotillaError('invalid-template', `${what}: not well-formed: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

/** The elements directly in another, of one name. */
export function childrenOf(parent: Element, name: string): readonly Element[] {
  const found: Element[] = []
  for (let node = parent.firstChild; node !== null; node = node.nextSibling) {
    if (node.nodeType === node.ELEMENT_NODE && (node as Element).localName === name)
      found.push(node as Element)
  }
  return found
}

/** All elements below a path of names. */
export function elementsAt(root: Element, ...path: readonly string[]): readonly Element[] {
  return path.reduce<readonly Element[]>(
    (parents, name) => parents.flatMap((parent) => childrenOf(parent, name)),
    [root],
  )
}

/** The text of the first element at a path; undefined when there is none. */
export function textAt(root: Element, ...path: readonly string[]): string | undefined {
  return elementsAt(root, ...path)[0]?.textContent?.trim()
}

/** An attribute; undefined when it is not there. */
export function attributeOf(element: Element | undefined, name: string): string | undefined {
  return element?.getAttribute(name) ?? undefined
}

/** Characters that XML cannot carry, and line separators that some readers turn into others. */
// oxlint-disable-next-line no-control-regex -- they are what must not be there
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u0085\u2028\u2029\ufffe\uffff]/

function checkedText(text: string): string {
  if (forbidden.test(text)) {
    throw new FlotillaError(
      'invalid-template',
      `${JSON.stringify(text)} has characters that XML cannot carry`,
    )
  }
  return text
}
