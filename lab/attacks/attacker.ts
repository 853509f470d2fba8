import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import type { Counts, Order } from './attack';
import { WAYS, type Ledger } from './ways';

/** The process of one attack: gets its order from the parent, and reports what it holds four times a second. */
const REPORT_EVERY_MILLISECONDS = 250;
const AGAIN_AFTER_MILLISECONDS = 5_000;
/** Handshakes at the same time: more would only time out in the queue of the attacker's own processor. */
const OPENING = 20;
/**
 * Pause before a connection, for each request on it: attackers are to hold places, and a burst would only keep busy the processors that all
 * machines of the lab share.
 */
const PAUSE_MILLISECONDS = 3;
/** Requests of a connection for which there is a pause; load balancers allow about as many. */
const MOST_REQUESTS = 20;

const ended: Record<string, number> = {};
const ledger: Ledger & { connections: number; underWay: number } = {
  connections: 0,
  underWay: 0,
  end: (how) => void (ended[how] = (ended[how] ?? 0) + 1),
};

async function attack(order: Order): Promise<void> {
  setInterval(
    () => process.send?.({ connections: ledger.connections, underWay: ledger.underWay, ended } satisfies Counts),
    REPORT_EVERY_MILLISECONDS,
  );
  giveWay();
  let opening = 0;
  const hold = WAYS[order.way];
  for (let number = 0; number < order.connectionsPerAddress; number += 1) {
    for (const localAddress of order.from) {
      while (opening >= OPENING) await sleep(10);
      opening += 1;
      await sleep(PAUSE_MILLISECONDS * Math.min(order.requestsPerConnection, MOST_REQUESTS));
      let opened = () => {
        opening -= 1;
        opened = () => undefined;
      };
      void holdForever(async () => {
        await hold({ ...order, localAddress, ledger, opened: () => opened() });
        opened();
      });
    }
  }
}

/** Real attackers have processors of their own: here they take what the platform's machines leave. */
function giveWay(): void {
  try {
    // Linux shares time between sessions first, and this process is one
    writeFileSync('/proc/self/autogroup', '19');
  } catch {
    // A kernel without groups by session
  }
  setPriority(19);
}

async function holdForever(hold: () => Promise<void>): Promise<never> {
  for (;;) {
    await hold();
    await sleep(AGAIN_AFTER_MILLISECONDS);
  }
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

process.on('message', (order: Order) => void attack(order));
process.on('disconnect', () => process.exit());
