// npx tsx lab/providers/main.ts [ENDPOINT]: serves the stand-in providers until interrupted, for a Terraform run by hand.
import { once } from 'node:events';
import { startProviders } from './index';

const [endpoint] = process.argv.slice(2);
const providers = await startProviders(endpoint === undefined ? {} : { endpoint });
console.log(`export TF_REATTACH_PROVIDERS='${providers.reattach}'`);
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
await providers.stop();
