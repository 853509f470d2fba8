import app from '../../docs/measurements/app.json';
import chain from '../../docs/measurements/chain.json';
import connections from '../../docs/measurements/connections.json';
import { costsOf, type Costs } from './costs';

/** What `make bench KEEP=1` has found. */
export const measuredCosts = (): Costs => costsOf(chain, app, connections);
