# shellcheck shell=bash
# Release folders: BASE/releases/<hash of the content>, and BASE/current, a link that is switched in one step.

readonly RELEASES_KEPT=3

release_id() {
  content_hash "$1" | cut -c 1-16
}

# add_release STAGED BASE: copies the staged folder, unless the same content is there already; prints its release id
add_release() {
  local staged=$1 base=$2 id new
  [[ -d $staged ]] || die "$staged was not uploaded"
  id=$(release_id "$staged")
  if [[ ! -d $base/releases/$id ]]; then
    mkdir -p "$base/releases"
    new=$(mktemp -d "$base/releases/.new.XXXXXX")
    cp -R "$staged/." "$new"
    chmod -R a+rX "$new"
    date_by_content "$new"
    mv -T "$new" "$base/releases/$id"
  fi
  printf '%s\n' "$id"
}

# The same file has the same date on all servers, and another content another date: Nginx makes its ETag from it
date_by_content() {
  local hash file
  while read -r hash file; do
    touch --no-create --date="@$((16#${hash:0:7}))" "$file"
  done < <(find "$1" -type f -exec sha256sum {} +)
}

# current_release BASE: the id of the active release, nothing if there is none
current_release() {
  [[ ! -L $1/current ]] || basename "$(readlink "$1/current")"
}

activate_release() {
  local base=$1 id=$2
  ln -sfn "releases/$id" "$base/.current.new"
  mv -T "$base/.current.new" "$base/current"
  touch "$base/releases/$id"
}

# prune_releases BASE: keeps the active release and those used last
prune_releases() {
  local base=$1 old
  rm -rf "$base"/releases/.new.*
  while read -r old; do
    [[ $old == "$(current_release "$base")" ]] || rm -rf "${base:?}/releases/$old"
  done < <(find "$base/releases" -mindepth 1 -maxdepth 1 -printf '%T@ %f\n' | sort -rn | tail -n "+$((RELEASES_KEPT + 1))" | cut -d ' ' -f 2)
}
