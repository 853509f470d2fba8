import type { Counts, Order } from './attack';
import { WAYS, type Ledger } from './ways';

/** The process of one attack: gets its order from the parent, and reports what it holds four times a second. */
const REPORT_EVERY_MILLISECONDS = 250;
const AGAIN_AFTER_MILLISECONDS = 5_000;
/** Handshakes at the same time: more would only time out in the queue of the attacker's own processor. */
const OPENING = 20;

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
  let opening = 0;
  const hold = WAYS[order.way];
  for (let number = 0; number < order.connectionsPerAddress; number += 1) {
    for (const localAddress of order.from) {
      while (opening >= OPENING) await sleep(10);
      opening += 1;
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

async function holdForever(hold: () => Promise<void>): Promise<never> {
  for (;;) {
    await hold();
    await sleep(AGAIN_AFTER_MILLISECONDS);
  }
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

process.on('message', (order: Order) => void attack(order));
process.on('disconnect', () => process.exit());
