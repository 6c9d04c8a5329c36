import { describe, expect, it } from 'vitest'
import { hostEntryXml, readNetwork } from '../../src/xml/network-xml.js'

describe("a network's XML", () => {
  it('tells its host entries and its own address', () => {
    const xml = `<network><ip address='10.0.0.1'><dhcp><range start='10.0.0.9' end='10.0.0.99'/><host mac='52:54:00:AA:BB:CC' name='n' ip='10.0.0.5'/></dhcp></ip></network>`
    expect(readNetwork(xml)).toEqual({
      hasDhcp: true,
      ownAddress: '10.0.0.1',
      ranges: [{ from: '10.0.0.9', to: '10.0.0.99' }],
      entries: [{ mac: '52:54:00:aa:bb:cc', name: 'n', ip: '10.0.0.5' }],
    })
    expect(readNetwork('<network/>').hasDhcp).toBe(false)
  })

  it('of a host entry is one element', () => {
    expect(hostEntryXml({ mac: 'm', ip: '10.0.0.5', name: "n'/>" })).toBe(
      `<host mac="m" name="n'/&gt;" ip="10.0.0.5"/>`,
    )
  })
})
