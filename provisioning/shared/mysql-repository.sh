# shellcheck shell=bash
# MySQL's apt repository: whose signature counts there, and which packages are taken from it. For mysql.sh, after common.sh

readonly MYSQL_KEYRING=/usr/share/keyrings/mysql-apt.gpg
readonly MYSQL_SOURCE=/etc/apt/sources.list.d/mysql.list
readonly MYSQL_PREFERENCES=/etc/apt/preferences.d/mysql
# MySQL moves the end of its key and publishes it under the name of that year; the file of 2023 still holds it as it expired
readonly OLDEST_KEY_FILE=2023

# Needs no network while the key that is there is good
use_mysql_repository() {
  local url distribution codename
  [[ $(dpkg --print-architecture) == amd64 ]] ||
    die "MySQL's apt repository has no packages for $(dpkg --print-architecture); choose an x86 server type for mysql.serverType"
  url=$(fact MYSQL_REPOSITORY)
  trust_mysql_key "$url" "$(fact MYSQL_KEY_FINGERPRINT)"
  answer_for file "$MYSQL_KEYRING"
  distribution=$(sed -n 's/^ID=//p' /etc/os-release)
  codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
  mysql_source "$url/apt/$distribution" "$codename" "$(fact MYSQL_SERIES)" >"$UPLOAD_DIR/mysql.list"
  mysql_preferences "$url" >"$UPLOAD_DIR/mysql.preferences"
  replace_file "$UPLOAD_DIR/mysql.list" "$MYSQL_SOURCE"
  replace_file "$UPLOAD_DIR/mysql.preferences" "$MYSQL_PREFERENCES"
}

# mysql_source URL CODENAME SERIES
mysql_source() {
  printf 'deb [arch=amd64 signed-by=%s] %s %s mysql-%s-lts\n' "$MYSQL_KEYRING" "$1" "$2" "$3"
}

# mysql_preferences URL: MySQL's packages come from there whatever the distribution offers, and nothing else does. What they depend on
# is the distribution's, with its security updates. Below 1000: nothing is ever downgraded
mysql_preferences() {
  local host=${1#*://}
  host=${host%%[:/]*}
  printf 'Package: mysql-* libmysqlclient*\nPin: origin "%s"\nPin-Priority: 990\n\n' "$host"
  printf 'Package: *\nPin: origin "%s"\nPin-Priority: -1\n' "$host"
}

# trust_mysql_key URL FINGERPRINT: the keyring holds that key as long as it is good, and no other: what else a download brings is not trusted
trust_mysql_key() {
  local url=$1 fingerprint=${2^^} folder file found=''
  [[ $(key_state "$MYSQL_KEYRING" "$fingerprint") != good ]] || return 0
  log "looking for MySQL's key $fingerprint"
  folder=$(mktemp --directory)
  for file in $(key_files); do
    download_key "$url/$file" "$folder/$file" || continue
    found+="$url/$file $(key_state "$folder/$file" "$fingerprint"); "
    [[ $found == *' good; ' ]] || continue
    export_key "$folder/$file" "$fingerprint" >"$folder/keyring"
    replace_file "$folder/keyring" "$MYSQL_KEYRING"
    rm -r "$folder"
    return
  done
  rm -r "$folder"
  die "no good key of MySQL's apt repository: ${found:-$url has no file RPM-GPG-KEY-mysql-$OLDEST_KEY_FILE or newer; }nothing was installed from there." \
    "Wanted is $fingerprint. Deploy again when a renewed one is there; if MySQL has another by now" \
    "(dev.mysql.com/doc/refman/9.7/en/checking-gpg-signature.html), or this is a mirror with a key of its own, set TF_VAR_mysql_repository_key_fingerprint"
}

# The newest first
key_files() {
  local year
  for ((year = $(date +%Y); year >= OLDEST_KEY_FILE; year--)); do
    printf 'RPM-GPG-KEY-mysql-%s\n' "$year"
  done
}

# download_key URL FILE: fails where there is no such file
download_key() {
  local status
  status=$(curl --silent --show-error --location --retry 4 --retry-all-errors --max-time 60 --output "$2" --write-out '%{http_code}' "$1") ||
    die "cannot download MySQL's key: $1 does not answer; deploy again when it does"
  case $status in
    200) ;;
    403 | 404) return 1 ;;
    *) die "cannot download MySQL's key: $1 answers $status; deploy again when it works" ;;
  esac
}

# key_state FILE FINGERPRINT: "good", or what is wrong with the file
key_state() {
  local listed
  [[ -f $1 ]] || return 0
  # It fails where there is no key
  listed=$(gpg --batch --quiet --no-autostart --with-colons --show-keys "$1" 2>/dev/null) || listed=''
  awk -F : -v wanted="$2" -v now="$(date +%s)" '
    $1 == "pub" { validity = $2; end = $7; primary = 1 }
    $1 == "fpr" && primary { primary = 0; keys = keys " " $10; if ($10 == wanted) { found = 1; revoked = validity == "r"; ends = end } }
    END {
      if (!keys) print "holds no key"
      else if (!found) print "holds another key," keys
      else if (revoked) print "holds it as it was revoked"
      else if (ends != "" && ends <= now) print "holds it as it expired on " strftime("%Y-%m-%d", ends, 1)
      else print "good"
    }' <<<"$listed"
}

# export_key FILE FINGERPRINT
export_key() {
  local home
  home=$(mktemp --directory)
  # It misses its agent, which public keys do not need
  gpg_in "$home" --import "$1" 2>/dev/null
  gpg_in "$home" --export "$2"
  rm -r "$home"
}

gpg_in() {
  local home=$1
  shift
  gpg --batch --quiet --no-autostart --homedir "$home" --no-default-keyring --keyring "$home/keys.gpg" "$@"
}

# This list alone: the others are as old as this deploy
read_mysql_repository() {
  apt_get update -o Dir::Etc::SourceList="$MYSQL_SOURCE" -o Dir::Etc::SourceParts=- -o APT::Get::List-Cleanup=no ||
    die "apt cannot read MySQL's repository; the reason is above, its source is: $(<"$MYSQL_SOURCE")"
}

# The version of mysql-server that would be installed
offered_mysql() {
  apt-cache policy mysql-server | sed -n 's/^ *Candidate: //p'
}

# 9.7.4-1debian13 is of the series 9.7
series() {
  cut -d . -f 1,2 <<<"$1"
}
