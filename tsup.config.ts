import { defineConfig, type Options } from 'tsup'

/** JavaScript only: declarations come from `tsc -b`, into the same `dist`, so `clean` must stay off. */
const bundle = (name: string, entry: Record<string, string> = { index: 'src/index.ts' }): Options => ({
  name,
  entry: Object.fromEntries(
    Object.entries(entry).map(([out, source]) => [out, `packages/${name}/${source}`]),
  ),
  outDir: `packages/${name}/dist`,
  tsconfig: `packages/${name}/tsconfig.json`,
  format: 'esm',
  target: 'node20',
  sourcemap: true,
  skipNodeModulesBundle: true,
  silent: true,
})

export default defineConfig([
  bundle('core', {
    index: 'src/index.ts',
    authoring: 'src/authoring.ts',
    forms: 'src/forms.ts',
    'testing/index': 'src/testing/index.ts',
  }),
  bundle('backend-process'),
  bundle('balancer-proxy'),
  bundle('simulator'),
  bundle('docker-engine'),
  bundle('backend-docker'),
  bundle('backend-swarm'),
  bundle('balancer-nginx'),
  bundle('libvirt'),
  bundle('backend-kvm'),
  bundle('openstack-client'),
  bundle('backend-openstack'),
])
