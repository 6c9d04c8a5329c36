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
  bundle('backend-process', { index: 'src/index.ts', forms: 'src/forms.ts' }),
  bundle('balancer-proxy', { index: 'src/index.ts', forms: 'src/forms.ts' }),
  bundle('config'),
  bundle('prometheus'),
  bundle('simulator'),
  bundle('docker-engine'),
  bundle('backend-docker', { index: 'src/index.ts', forms: 'src/forms.ts' }),
  bundle('backend-swarm', { index: 'src/index.ts', forms: 'src/forms.ts' }),
  bundle('balancer-nginx', { index: 'src/index.ts', forms: 'src/forms.ts' }),
  bundle('libvirt'),
  bundle('backend-kvm', { index: 'src/index.ts', forms: 'src/forms.ts' }),
  bundle('openstack-client'),
  bundle('backend-openstack', { index: 'src/index.ts', forms: 'src/forms.ts' }),
])
