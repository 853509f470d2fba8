import { Lab, type AddressHolders, type Cut, type Executed, type LabMachine, type Tier } from '../../../lab/lab';
import { labPaths } from '../../../lab/machines/paths';
import type { Secrets } from '../../../lab/machines/secrets';
import { pause, type Target } from '../../../lab/traffic';

type Answer = Partial<Executed> | undefined;

/**
 * A lab in memory: machines that are on or off, and shell lines that are answered by what a test says. Whatever else a lab can do fails,
 * for no lab of this name runs.
 */
export class FakeLab extends Lab {
  httpsPort = 443;
  /** Everything that was done to the lab, in order. */
  readonly calls: string[] = [];
  readonly off = new Set<string>();
  holder: string | null = 'lb-1';
  /** Answers shell lines; undefined is success without a word. */
  shell: (machine: string, line: string) => Answer = () => undefined;
  /** Called with every change of power. */
  onPower: (machine: string, on: boolean) => void | Promise<void> = () => undefined;

  constructor(public names: readonly string[] = ['lb-1', 'lb-2', 'web-1', 'app-1', 'db-1', 'db-2', 'db-3']) {
    super(labPaths('fake'), { failoverToken: 'failover', sshPrivateKeyFile: '/keys/present' } as Secrets, {}, '127.0.0.1', {
      action: 100,
      answer: { from: 0, to: 0 },
    });
  }

  override get target(): Target {
    return { ...super.target, port: this.httpsPort };
  }

  override async machines(): Promise<LabMachine[]> {
    return this.names.map((name, n) => {
      const tier = name.startsWith('db') ? 'mysql' : (name.split('-')[0] as Tier);
      const running = !this.off.has(name);
      return {
        id: n + 1,
        name,
        tier,
        serverType: 'cx23',
        privateAddress: `10.0.0.${n + 1}`,
        publicAddress: tier === 'lb' ? `203.0.113.${10 + n}` : null,
        status: running ? 'running' : 'off',
        running,
      };
    });
  }

  override async addressHolders(): Promise<AddressHolders> {
    return { floatingIp: this.holder, natGateway: this.holder };
  }

  override async exec(machine: string, argv: readonly string[]): Promise<Executed> {
    const line = argv[0] === 'bash' ? argv[2]! : argv.join(' ');
    this.calls.push(`${machine}: ${line}`);
    return { exitCode: 0, stdout: '', stderr: '', ...this.shell(machine, line) };
  }

  /** Asks the shell that a test has given five times a second. */
  override async follow({ name }: LabMachine, argv: readonly string[], onLine: (line: string) => void, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.off.has(name)) {
      (this.shell(name, argv.join(' '))?.stdout ?? '').split('\n').forEach(onLine);
      onLine('ended 0');
      await pause(200, signal);
    }
  }

  override powerOn(machine: string): Promise<void> {
    return this.power(machine, true);
  }

  override powerOff(machine: string): Promise<void> {
    return this.power(machine, false);
  }

  override shutdown(machine: string): Promise<void> {
    return this.power(machine, false);
  }

  override async deleteServer(machine: string, options: object): Promise<void> {
    this.names = this.names.filter((name) => name !== machine);
    this.note(`delete ${machine}`, options);
  }

  override async deploy(): Promise<void> {
    this.note('deploy', {});
  }

  override async latePrivateInterfaces(seconds?: number): Promise<void> {
    this.note('late-private', { seconds });
  }

  override async cut(cut: Cut): Promise<void> {
    this.note('cut', cut);
  }

  override async heal(cut: Cut): Promise<void> {
    this.note('heal', cut);
  }

  override async degrade(loss: object): Promise<void> {
    this.note('degrade', loss);
  }

  override async apiFault(fault: object): Promise<void> {
    this.note('api-fault', fault);
  }

  override async clearApiFaults(): Promise<void> {
    this.note('clear-api-faults', {});
  }

  override async revokeToken(name: string): Promise<void> {
    this.note('revoke-token', { name });
  }

  override async allowToken(name: string, value: string): Promise<void> {
    this.note('allow-token', { name, value });
  }

  private async power(machine: string, on: boolean): Promise<void> {
    this.calls.push(`power ${on ? 'on' : 'off'} ${machine}`);
    if (on) this.off.delete(machine);
    else this.off.add(machine);
    await this.onPower(machine, on);
  }

  private note(what: string, value: object): void {
    this.calls.push(`${what} ${JSON.stringify(value)}`);
  }
}
