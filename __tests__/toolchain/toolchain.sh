#!/usr/bin/env bash
# Types and synth under another toolchain, in a copy of this project: the configuration has to be the one that this project's own gives.
#   toolchain.sh node-VERSION   another Node.js, from npm's package node, e.g. node-22
#   toolchain.sh cdktn-VERSION  CDK Terrain instead of cdktf, e.g. cdktn-0.24.0
set -euo pipefail

cd "$(dirname "$0")/../.."
mkdir -p .lab
# Hard links need the same file system
WORK=$(mktemp --directory --tmpdir="$PWD/.lab" toolchain.XXXXXX)
readonly WORK
readonly COPY=$WORK/project
trap 'rm -rf "$WORK"' EXIT

copy_of_project() {
  mkdir "$COPY"
  git ls-files --cached --others --exclude-standard -z | xargs -0 cp --parents --no-dereference --target-directory="$COPY"
  cp --archive --link node_modules "$COPY"
}

# use_node VERSION: for all that this script starts from here on
use_node() {
  mkdir "$WORK/node"
  # The package node gets the program by a script
  npm install --prefix "$WORK/node" --ignore-scripts=false --no-audit --no-fund --loglevel=error "node@$1" >&2
  export PATH=$WORK/node/node_modules/node/bin:$PATH
}

# use_cdktn VERSION: in the copy, under the name that everybody imports
use_cdktn() {
  rm -r "$COPY/node_modules/cdktf"
  (cd "$WORK" && npm pack --silent "cdktn@$1" >/dev/null)
  mkdir "$COPY/node_modules/cdktf"
  tar --extract --gzip --strip-components=1 --file="$WORK/cdktn-$1.tgz" --directory="$COPY/node_modules/cdktf"
}

# synthesize FOLDER OUTPUT
synthesize() {
  (cd "$1" && CDKTF_OUTDIR=$2 node node_modules/tsx/dist/cli.mjs main.ts >&2)
}

# same_but_for_version A B: the stacks; each says which cdktf has written it, and that has a way of its own to write empty lists
same_but_for_version() {
  find "$1/stacks" "$2/stacks" -name cdk.tf.json -exec node -e '
    const { readFileSync, writeFileSync } = require("node:fs");
    for (const file of process.argv.slice(1)) {
      const stack = JSON.parse(readFileSync(file, "utf8"));
      delete stack["//"].metadata.version;
      writeFileSync(file, JSON.stringify(stack, null, 2));
    }
  ' {} +
  diff --unified --recursive "$1/stacks" "$2/stacks"
}

main() {
  local toolchain=${1:-}
  # By the usual toolchain
  synthesize . "$WORK/usual"
  copy_of_project
  case $toolchain in
    node-*) use_node "${toolchain#node-}" ;;
    cdktn-*) use_cdktn "${toolchain#cdktn-}" ;;
    *)
      sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
      exit 2
      ;;
  esac
  printf -- '-- %s, Node.js %s: types, synth, the same configuration\n' "$toolchain" "$(node --version)"
  (cd "$COPY" && node node_modules/typescript/bin/tsc --noEmit)
  synthesize "$COPY" "$WORK/other"
  same_but_for_version "$WORK/usual" "$WORK/other"
}

main "$@"
