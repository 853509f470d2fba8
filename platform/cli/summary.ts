import { Command } from 'commander';
import { askSummaries, type SummaryOptions } from '../summary/ask';
import { renderMarkdown, renderText } from '../summary/render';

const HELP = `
It changes nothing and logs in nowhere. Without --plan it compares configurations: what variables hold, and what somebody has changed by
hand, it does not see. With --base it needs no secret and no state. Exit code: 0; 2 it could not ask.

Examples:
  $ npx platform summary production                       what the next deploy would do, by the state of the last one
  $ npx platform summary --base origin/main --markdown    what a pull request would do to all environments
  $ cd cdktf.out/stacks/production && terraform plan -out=plan && terraform show -json plan >plan.json
  $ npx platform summary production --plan cdktf.out/stacks/production/plan.json`;

export function summaryCommand(): Command {
  return new Command('summary')
    .description('say what a deploy would do: servers, order, visitors, firewalls, data at risk, price; changes nothing')
    .argument('[environment]', 'as main.ts names it (default: all of them)')
    .option('--base <revision>', 'compare with main.ts of that revision of git (default: with the state)')
    .option('--plan <file>', 'what `terraform show -json` has printed of a plan: exact')
    .option('--markdown', 'for a comment of a pull request')
    .option('--json', 'for programs')
    .option('--app <command>', 'what synthesizes the environments (default: CDKTF_APP, or that of cdktf.json)')
    .option('--output <folder>', 'folder that cdktf deploys from (default: CDKTF_OUTPUT, or cdktf.out)')
    .addHelpText('after', HELP)
    .action(async (name: string | undefined, options: SummaryOptions & { readonly markdown?: boolean; readonly json?: boolean }) => {
      const summaries = await askSummaries(name === undefined ? [] : [name], options, process.env);
      process.stdout.write(`${options.json ? JSON.stringify(summaries, null, 2) : textOf(summaries, options.markdown ?? false)}\n`);
    });
}

function textOf(summaries: Awaited<ReturnType<typeof askSummaries>>, markdown: boolean): string {
  return summaries.map((summary) => (markdown ? renderMarkdown(summary) : renderText(summary)).join('\n')).join('\n\n');
}
