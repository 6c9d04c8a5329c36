import { placesOf } from '../places.js'
import { secretsOf } from '../secrets.js'
import { seedIdentity } from './identity.js'
import { seedResources } from './resources.js'

/*
 * Fills the control plane through its own APIs: `node main.js identity|resources WORK-DIRECTORY`, in the lab's network
 * namespace. What is there already stays.
 */

const [what, workDirectory = ''] = process.argv.slice(2)
const places = placesOf(workDirectory)
await (what === 'identity' ? seedIdentity : seedResources)(places, secretsOf(places))
