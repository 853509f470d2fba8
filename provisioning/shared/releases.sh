# shellcheck shell=bash
# Release folders: BASE/releases/<hash of the content>, and BASE/current, a link that is switched in one step.

readonly RELEASES_KEPT=3

release_id() {
  content_hash "$1" | cut -c 1-16
}

# add_release STAGED BASE: copies the staged folder, unless the same is there already, and unedited; prints its release id
add_release() {
  local staged=$1 base=$2 id new
  [[ -d $staged ]] || die "$staged was not uploaded"
  id=$(release_id "$staged")
  mkdir -p "$base/releases"
  new=$(mktemp -d "$base/releases/.new.XXXXXX")
  cp -R "$staged/." "$new"
  chmod -R a+rX "$new"
  if [[ $(look_of_tree "$new") == "$(look_of_tree "$base/releases/$id")" ]]; then
    rm -rf "$new"
  else
    date_by_content "$new"
    take_place "$base" "${new##*/}" "$id"
  fi
  printf '%s\n' "$id"
}

# look_of_tree FOLDER: nothing where there is none
look_of_tree() {
  printf 'tree\t%s\n' "$1" | platform_drift describe | cut -f 3
}

# take_place BASE NEW ID: as the release ID. One that somebody has edited may be active: NEW is, until a copy of it has its place
take_place() {
  local base=$1 new=$2 id=$3
  if [[ -d $base/releases/$id ]]; then
    [[ $(current_release "$base") != "$id" ]] || activate_release "$base" "$new"
    rm -rf "${base:?}/releases/$id"
    cp -a "$base/releases/$new" "$base/releases/$new.copy"
    new+=.copy
  fi
  mv -T "$base/releases/$new" "$base/releases/$id"
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
  answer_for tree "$base/current"
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
