import { Hono } from 'hono';
import { z } from 'zod';
import type { LinuxHardware } from './hardware';

const link = z.enum(['public', 'private']);
const cut = z.strictObject({
  machine: z.string(),
  link,
  peer: z.string().optional(),
  direction: z.enum(['in', 'out', 'both']).optional(),
});
const lateness = z.strictObject({ seconds: z.number().int().min(0).max(3600), machine: z.string().optional() });
const degradation = z.strictObject({ machine: z.string(), link, lossPercent: z.number().min(0).max(100) });

/** A machine of the lab as `GET /machines` shows it. */
export interface MachineReport {
  readonly id: number;
  readonly name: string;
  readonly running: boolean;
  /** Process id of its init on the host; null: off. */
  readonly initPid: number | null;
  readonly root: string;
}

/** Operations on machines and links that bypass the API. */
export function createLinkControl(hardware: LinuxHardware): Hono {
  const app = new Hono();
  const { network } = hardware;

  app.get('/machines', (c) =>
    c.json(
      hardware.machines.map((machine): MachineReport => ({
        id: machine.serverId,
        name: machine.name,
        running: machine.isRunning,
        initPid: machine.initPid,
        root: machine.root,
      })),
    ),
  );
  app.get('/links', (c) => c.json(network.faults.list()));
  app.post('/links/cut', async (c) => {
    network.faults.cut(known(cut.parse(await c.req.json())));
    await network.sync();
    return c.json({});
  });
  app.post('/links/heal', async (c) => {
    network.faults.heal(cut.parse(await c.req.json()));
    await network.sync();
    return c.json({});
  });
  app.post('/links/degrade', async (c) => {
    network.faults.degrade(known(degradation.parse(await c.req.json())));
    await network.sync();
    return c.json({});
  });
  // From the next boot on, or the next private interface of a running machine
  app.post('/private-interfaces', async (c) => {
    const { seconds, machine } = lateness.parse(await c.req.json());
    network.leaseDelays.set(seconds, machine);
    return c.json({});
  });
  app.post('/metadata/missing', async (c) => {
    hardware.missMetadata(z.strictObject({ machine: z.string() }).parse(await c.req.json()).machine);
    return c.json({});
  });
  app.delete('/links', async (c) => {
    network.faults.healAll();
    await network.sync();
    return c.json({});
  });

  function known<T extends { readonly machine: string }>(order: T): T {
    const names = hardware.machines.map((machine) => machine.name);
    if (!names.includes(order.machine)) throw new Error(`there is no machine ${order.machine}, there are ${names.join(', ') || 'none'}`);
    return order;
  }
  return app;
}
