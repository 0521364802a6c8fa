#!/bin/sh
# Installs or upgrades smt-droplet on this machine. Safe to run again, also after it was interrupted. See --help.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=${DESTDIR:-}
base=$root/opt/smt-droplet
units=$root/etc/systemd/system
default_env_file=/etc/default/intelliwatt-smt
env_file=
user=
is_rollback=no

help() {
  cat <<END
usage: sh install.sh [--env-file FILE] [--user USER]
       sh install.sh --rollback

Installs or upgrades smt-droplet from the folder of this script: the command, and a systemd timer that runs
\`smt-droplet sync --once\` every quarter of an hour. Run it as root. It is safe to run again.

  --env-file FILE  the configuration (default: $default_env_file; an upgrade keeps what is installed)
  --user USER      the user the service runs as (default: the owner of SMT_KEY; an upgrade keeps what is installed)
  --rollback       go back to the previous release
  -h, --help       print this and exit

With DESTDIR set, everything is put below it and nothing is started.
END
}

fail() {
  echo "install.sh: $*" >&2
  exit 1
}

while [ $# -gt 0 ]; do
  case $1 in
    --env-file) env_file=${2:?--env-file needs a FILE} && shift 2 ;;
    --user) user=${2:?--user needs a USER} && shift 2 ;;
    --rollback) is_rollback=yes && shift ;;
    -h | --help) help && exit ;;
    *) fail "unknown option $1; see --help" ;;
  esac
done

# The release that the link `current` or `previous` points to; empty if there is none.
release_of() {
  if [ -L "$base/$1" ]; then basename "$(readlink "$base/$1")"; fi
}

# Points a link to a release atomically: a run that starts at the same time sees one or the other. A link left by an interrupted
# install is replaced (-f) and not followed (-n).
point() {
  ln -sfn "releases/$2" "$base/$1.next"
  mv -T "$base/$1.next" "$base/$1"
}

# A variable of the environment file, without its quotes.
variable() {
  sed -n "s/^[[:space:]]*$1=//p" "$root$env_file" | tail -n 1 | sed "s/^[\"']//; s/[\"'][[:space:]]*\$//"
}

# A setting of an installed unit; empty if there is none.
installed() {
  sed -n "s/^$1=//p" "$units/$2" 2>/dev/null | tail -n 1
}

# Whether the service may write to a folder. As root it has no capabilities, so only to root's own.
may_write() {
  if [ "$user" = root ]; then
    [ "$(stat -c %U "$1")" = root ]
  elif [ "$user" = "$(id -un)" ]; then
    test -w "$1"
  else
    runuser -u "$user" -- test -w "$1"
  fi
}

if [ "$is_rollback" = yes ]; then
  current=$(release_of current)
  previous=$(release_of previous)
  [ -n "$previous" ] || fail "there is no earlier release"
  point current "$previous"
  point previous "$current"
  echo "smt-droplet is release $previous again (it was $current)."
  exit 0
fi

for file in smt-droplet.cjs smt-sync.service smt-sync.timer; do
  [ -f "$here/$file" ] ||
    fail "$here has no $file: run \`npm run build:droplet\` in the repository, and install.sh from infra/droplet/dist"
done
[ -n "$root" ] || [ "$(id -u)" = 0 ] || fail "run it as root"
major=$(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin node -p 'process.versions.node.split(".")[0]' 2>/dev/null) ||
  fail "there is no node where systemd looks for it (/usr/local/bin, /usr/bin): install Node 20 or later"
[ "$major" -ge 20 ] || fail "node is version $major: install Node 20 or later"
[ -n "$env_file" ] || env_file=$(installed EnvironmentFile smt-sync.service)
env_file=$(realpath -ms "${env_file:-$default_env_file}")
[ -n "$user" ] || user=$(installed User smt-sync.service.d/droplet.conf)
[ -r "$root$env_file" ] ||
  fail "$env_file is missing. It holds the configuration: install -m 600 $here/smt-droplet.env.example $env_file, and fill it in"
key=$(variable SMT_KEY)
local_dir=$(variable SMT_LOCAL_DIR)
[ -n "$local_dir" ] || fail "$env_file does not set SMT_LOCAL_DIR"
if [ -z "$user" ] && [ -n "$key" ]; then
  user=$(stat -c %U "$root$key" 2>/dev/null) || fail "SMT_KEY, $key, does not exist; fix it, or name the user of the service: --user USER"
fi
[ -n "$user" ] || fail "$env_file does not set SMT_KEY; name the user of the service: --user USER"
for dir in "$local_dir" "$local_dir/spool"; do
  [ ! -e "$root$dir" ] || may_write "$root$dir" ||
    fail "$user cannot write to $dir: chown -R $user $local_dir, or name another user: --user USER"
done

release=$(sha256sum "$here/smt-droplet.cjs" | cut -c 1-12)
mkdir -p "$base/releases/$release" "$root/usr/local/bin" "$units/smt-sync.service.d"
install -m 755 "$here/smt-droplet.cjs" "$base/releases/$release/smt-droplet.cjs"
current=$(release_of current)
if [ "$current" != "$release" ]; then
  point current "$release"
  if [ -n "$current" ]; then point previous "$current"; fi
fi
ln -sfn /opt/smt-droplet/current/smt-droplet.cjs "$root/usr/local/bin/smt-droplet"

sed "s#^EnvironmentFile=.*#EnvironmentFile=$env_file#" "$here/smt-sync.service" > "$units/smt-sync.service"
install -m 644 "$here/smt-sync.timer" "$units/smt-sync.timer"
cat > "$units/smt-sync.service.d/droplet.conf" <<END
[Service]
User=$user
ReadWritePaths=$local_dir
END
if [ -z "$root" ]; then
  [ -d "$local_dir" ] || install -d -m 700 -o "$user" "$local_dir"
  systemctl daemon-reload
  systemctl enable --now smt-sync.timer
else
  mkdir -p "$root$local_dir"
fi
check="runuser -u $user -- smt-droplet doctor"
[ "$env_file" = "$default_env_file" ] || check="$check --env-file $env_file"
echo "smt-droplet is release $release; smt-sync.timer runs it as $user. Check it: $check"
if [ -z "$(variable SMT_HOST_KEY)" ]; then
  echo "SMT_HOST_KEY is not set in $env_file: nothing is fetched until it is. The doctor shows the host key." >&2
fi
