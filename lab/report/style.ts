/** The style of the page, inline, so that it fetches nothing. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6676; --line: #d9dee6; --paper: #fff; --panel: #f6f8fa; --good: #1a7f4b; --bad: #c62828; --unsure: #b26a00;
  --ack: #2f7fc1; --host1: #4f7cc9; --host2: #c9783c; --host3: #7b5fb5; --host4: #3f9d8f; --host5: #a5546e; --leads: #2e9e62; --follows: #b9c6d6; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #9aa6b6; --line: #39424f; --paper: #14181e; --panel: #1c222b; --good: #4cc38a; --bad: #ff6b6b; --unsure: #f0a83c;
  --ack: #63aee8; --follows: #4a5768; } }
body { margin: 0 auto; max-width: 1180px; padding: 24px 20px 80px; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 20px; margin: 0; } h3 { font-size: 15px; margin: 18px 0 6px; }
p { margin: 6px 0; } .soft { color: var(--soft); } a { color: inherit; }
code { font: 13px/1.4 ui-monospace, "DejaVu Sans Mono", monospace; background: var(--panel); padding: 2px 6px; border-radius: 4px; }
table { border-collapse: collapse; width: 100%; margin: 10px 0; } th, td { text-align: left; padding: 5px 10px; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-size: 12.5px; color: var(--soft); font-weight: 600; } td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.verdict { display: inline-block; min-width: 62px; text-align: center; border-radius: 10px; padding: 0 9px; font-size: 13px; font-weight: 600; color: #fff; }
.verdict.valid { background: #1a7f4b; } .verdict.invalid { background: #c62828; } .verdict.unknown { background: #b26a00; }
section { border: 1px solid var(--line); border-radius: 10px; padding: 18px 20px; margin: 26px 0; } section > header { display: flex; gap: 12px; align-items: center; flex-wrap: wrap; }
ul.findings { padding-left: 20px; margin: 6px 0; } ul.findings li.invalid { color: var(--bad); } ul.findings li.unknown { color: var(--unsure); }
ol.moments { list-style: none; padding: 0; margin: 4px 0 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(330px, 1fr)); gap: 0 18px; font-size: 13px; }
ol.moments b { display: inline-block; min-width: 19px; text-align: center; border-radius: 10px; color: #fff; font-size: 11px; margin-right: 6px; }
details { margin: 10px 0; } summary { cursor: pointer; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; font-size: 13px; color: var(--soft); margin: 8px 0; } .legend i { display: inline-block; width: 11px; height: 11px; border-radius: 6px; margin-right: 6px; }
.scroll { overflow-x: auto; } .scroll > svg { min-width: 820px; }
svg.spread { width: 150px; min-width: 150px; vertical-align: middle; } .spread .limit { stroke: var(--ink); stroke-width: 2; } .spread .within { fill: var(--ack); fill-opacity: .75; } .spread .over { fill: var(--bad); }
@media (max-width: 700px) { body { padding: 14px 8px 60px; } section { padding: 12px 10px; } .wide { display: none; } th, td { padding: 5px 6px; } h1 { font-size: 22px; } h2 { font-size: 17px; } ol.moments { grid-template-columns: 1fr; } }
svg { width: 100%; height: auto; font: 11px system-ui, "DejaVu Sans", sans-serif; } svg text { fill: var(--soft); }
.frame { fill: var(--panel); } .grid { stroke: var(--line); stroke-width: .7; fill: none; } .label { font-weight: 600; } svg text.label { fill: var(--ink); paint-order: stroke; stroke: var(--paper); stroke-width: 4px; } .tick { font-size: 10px; }
.dot { stroke-width: 3; stroke-linecap: round; fill: none; } .bar { stroke-width: 8; fill: none; }
.acknowledged { stroke: var(--ack); background: var(--ack); } .dot.acknowledged { stroke-opacity: .6; } .failed { stroke: var(--bad); background: var(--bad); } .unknown.dot, .unknown.bar, i.unknown { stroke: var(--unsure); background: var(--unsure); }
.gap { fill: var(--bad); fill-opacity: .13; stroke: none; } svg text.gaptext { fill: var(--bad); font-weight: 700; font-size: 12px; }
svg text.inband { fill: #fff; font-size: 10.5px; } .follows text.inband { fill: var(--ink); }
.leads rect, i.leads { fill: var(--leads); background: var(--leads); } .follows rect, i.follows { fill: var(--follows); background: var(--follows); } .nobody rect, i.nobody { fill: none; stroke: var(--soft); stroke-dasharray: 2 3; background: none; }
svg .nobody text.inband { fill: var(--soft); } .trouble rect, i.trouble { fill: var(--unsure); background: var(--unsure); }
.host1 rect { fill: var(--host1); } .host2 rect { fill: var(--host2); } .host3 rect { fill: var(--host3); } .host4 rect { fill: var(--host4); } .host5 rect { fill: var(--host5); }
.mark path { fill: none; stroke-width: 1.3; stroke-dasharray: 4 3; } svg .mark text { fill: #fff; font-size: 10px; font-weight: 700; }
.mark.inject path, .mark.effect path { stroke: var(--bad); } .mark.inject circle, b.inject { fill: #c62828; background: #c62828; } .mark.effect circle, b.effect { fill: #e06a5a; background: #e06a5a; }
.mark.recover path, .mark.healthy path { stroke: var(--good); } .mark.recover circle, b.recover { fill: #3b9b6d; background: #3b9b6d; } .mark.healthy circle, b.healthy { fill: #1a7f4b; background: #1a7f4b; }
.mark.note path { stroke: var(--soft); } .mark.note circle, b.note { fill: #6b7686; background: #6b7686; }
`;
