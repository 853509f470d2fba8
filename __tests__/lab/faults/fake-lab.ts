import type { AddressHolders, Executed, LabHandle, LinkCut, Machine } from '../../../lab/faults';

type Answer = Partial<Executed> | undefined;

/** A lab in memory: machines that are on or off, and shell lines that are answered by what a test says. */
export class FakeLab implements LabHandle {
  readonly name = 'fake';
  floatingIp = '127.0.0.1';
  httpsPort: number | undefined;
  readonly domain = 'www.example.test';
  readonly addressActionMilliseconds = 100;
  readonly answerMilliseconds = 0;
  /** Everything that was done to the lab, in order. */
  readonly calls: string[] = [];
  readonly off = new Set<string>();
  holder: string | null = 'lb-1';
  /** Answers shell lines; undefined is success without a word. */
  shell: (machine: string, line: string) => Answer = () => undefined;
  /** Called with every change of power. */
  onPower: (machine: string, on: boolean) => void | Promise<void> = () => undefined;

  constructor(public names: readonly string[] = ['lb-1', 'lb-2', 'web-1', 'app-1', 'db-1', 'db-2', 'db-3']) {}

  machines = async (): Promise<Machine[]> =>
    this.names.map((name, n) => {
      const tier = name.startsWith('db') ? 'mysql' : (name.split('-')[0] as Machine['tier']);
      return {
        name,
        tier,
        privateAddress: `10.0.0.${n + 1}`,
        publicAddress: tier === 'lb' ? `203.0.113.${10 + n}` : null,
        running: !this.off.has(name),
      };
    });

  exec = async (machine: string, argv: readonly string[]): Promise<Executed> => {
    const line = argv[0] === 'bash' ? argv[2]! : argv.join(' ');
    this.calls.push(`${machine}: ${line}`);
    return { exitCode: 0, stdout: '', stderr: '', ...this.shell(machine, line) };
  };

  powerOn = (machine: string): Promise<void> => this.power(machine, true);
  powerOff = (machine: string): Promise<void> => this.power(machine, false);
  shutdown = (machine: string): Promise<void> => this.power(machine, false);
  deleteServer = async (machine: string, options: object): Promise<void> => {
    this.names = this.names.filter((name) => name !== machine);
    this.note(`delete ${machine}`, options);
  };
  deploy = async (): Promise<void> => this.note('deploy', {});
  latePrivateInterfaces = async (seconds?: number): Promise<void> => this.note('late-private', { seconds });
  cut = async (cut: LinkCut): Promise<void> => this.note('cut', cut);
  heal = async (cut: LinkCut): Promise<void> => this.note('heal', cut);
  degrade = async (loss: object): Promise<void> => this.note('degrade', loss);
  apiFault = async (fault: object): Promise<void> => this.note('api-fault', fault);
  revokeFailoverToken = async (): Promise<void> => this.note('revoke-failover-token', {});
  restoreFailoverToken = async (): Promise<void> => this.note('restore-failover-token', {});
  clearApiFaults = async (): Promise<void> => this.note('clear-api-faults', {});
  addressHolders = async (): Promise<AddressHolders> => ({ floatingIp: this.holder, natGateway: this.holder });

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
