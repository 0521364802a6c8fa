#!/usr/bin/env bash
# The droplet's command against what others wrote: OpenSSH's sshd and ssh-keygen, gpg, curl and jq, systemd, sh, and the
# machine's own Node instead of the project's. One line a check; exits 1 if any check fails or a program is missing.
set -uo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
dist=$work/dist
stack_dir=$work/stack
remote=$work/remote
processes=()
clean_up() {
  for process in "${processes[@]}"; do kill "$process" 2>/dev/null && wait "$process" 2>/dev/null; done
  GNUPGHOME=$work/gpg gpgconf --kill all 2>/dev/null
  rm -rf "$work"
}
trap clean_up EXIT

failures=0
# check SENTENCE COMMAND…: the command must succeed.
check() {
  local sentence=$1
  shift
  if "$@" >"$work/out" 2>&1; then
    echo "ok    $sentence"
  else
    failures=$((failures + 1))
    echo "FAIL  $sentence"
    sed 's/^/      /' "$work/out" | tail -20
  fi
}
# exits CODE TEXT COMMAND…: the command must exit so, and print the text.
exits() {
  local code=$1 text=$2 out
  shift 2
  out=$("$@" 2>&1)
  local was=$?
  [ "$was" -eq "$code" ] && grep -qF -- "$text" <<<"$out" && return
  printf 'exit status %s, not %s with "%s":\n%s\n' "$was" "$code" "$text" "$out"
  return 1
}

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

for program in sshd ssh-keygen gpg curl jq systemd-analyze node; do
  PATH=$PATH:/usr/sbin command -v "$program" >/dev/null && continue
  echo "FAIL  $program is not installed (Debian: apt-get install openssh-server openssh-client gnupg curl jq systemd nodejs)"
  exit 1
done
project_node=$PWD/node_modules/.bin/node
[ -x "$project_node" ] || project_node=node

# Waits until a command succeeds, for two minutes at least: the host may be busy.
eventually() {
  for _ in $(seq 600); do
    "$@" >/dev/null 2>&1 && return
    sleep 0.2
  done
  "$@"
}

# --- the stack, with a PGP key that gpg made -------------------------------------------------------------------------

start_stack() {
  : >"$work/stack.log"
  SMT_STATE_DIR=$stack_dir env -u DATABASE_URL "$project_node" infra/local/start.ts --port 0 >"$work/stack.log" 2>&1 &
  stack=$!
  processes+=("$stack")
  eventually grep -q 'Runs until Ctrl-C' "$work/stack.log"
  api=$(sed -n 's/^ *API *\(http:[^ ]*\).*/\1/p' "$work/stack.log")
  token=$(cat "$stack_dir/admin-token")
}
stop_stack() {
  kill -INT "$stack"
  wait "$stack"
}

make_pgp_key() {
  export GNUPGHOME=$work/gpg
  mkdir -m 700 "$GNUPGHOME"
  gpg --batch --quiet --passphrase '' --quick-gen-key 'Droplet test <droplet@example.com>' rsa2048 sign,cert never
  local fingerprint
  fingerprint=$(gpg --list-keys --with-colons droplet@example.com | awk -F: '/^fpr/ { print $10; exit }')
  gpg --batch --quiet --passphrase '' --quick-add-key "$fingerprint" rsa2048 encr never
  gpg --batch --quiet --armor --export-secret-keys droplet@example.com >"$work/pgp.key"
  : >"$work/passphrase.txt"
  jq -n --rawfile privateKey "$work/pgp.key" '[{privateKey: $privateKey}]' >"$work/keys.json"
  jq --rawfile keys "$work/keys.json" 'with_entries(if .key | startswith("PgpKeys") then .value = $keys else . end)' \
    "$stack_dir/secrets.json" >"$work/secrets.json" && cp "$work/secrets.json" "$stack_dir/secrets.json"
}

start_stack
if [ -z "$api" ]; then
  echo "FAIL  the local stack did not start"
  cat "$work/stack.log"
  exit 1
fi
stop_stack
check 'gpg makes a key, and jq puts it into the secret' make_pgp_key
start_stack

# --- SMT: sshd, with a folder of files -------------------------------------------------------------------------------

start_sshd() { # HOST-KEY
  mkdir -p /run/sshd 2>/dev/null
  cat >"$work/sshd_config" <<END
Port $ssh_port
ListenAddress 127.0.0.1
HostKey $work/$1
PidFile none
AuthorizedKeysFile $work/authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication no
Subsystem sftp internal-sftp
END
  "$(PATH=$PATH:/usr/sbin command -v sshd)" -D -e -f "$work/sshd_config" 2>"$work/sshd.log" &
  sshd=$!
  processes+=("$sshd")
  eventually bash -c "exec 3<>/dev/tcp/127.0.0.1/$ssh_port"
}

ssh_port=$((20000 + RANDOM % 20000))
ssh-keygen -q -t ed25519 -N '' -f "$work/host_key"
ssh-keygen -q -t rsa -b 3072 -N '' -f "$work/other_host_key"
ssh-keygen -q -t rsa -b 4096 -N '' -f "$work/client_key"
cp "$work/client_key.pub" "$work/authorized_keys"

mkdir -p "$remote/adhocusage/older" "$work/members"
day() { # ESIID DATE: 96 rows
  echo 'ESIID,USAGE_DATE,REVISION_DATE,USAGE_START_TIME,USAGE_END_TIME,USAGE_KWH,ESTIMATED_ACTUAL,CONSUMPTION_SURPLUSGENERATION'
  for slot in $(seq 0 95); do
    printf "'%s,%s,01/20/2025 06:18:33,%02d:%02d,%02d:%02d,.%03d,A,Consumption\n" "$1" "$2" \
      $((slot / 4)) $((slot % 4 * 15)) $(((slot + 1) / 4 % 24)) $(((slot + 1) % 4 * 15)) "$slot"
  done
}
day 10443720000000001 01/15/2025 >"$remote/adhocusage/IntervalMeterUsage.CSV"
day 10443720000000001 01/16/2025 >"$work/members/Interval.CSV"
printf "ESIID,USAGE_DATE,REVISION_DATE,START_READ,END_READ,USAGE_KWH\n'10443720000000001,01/16/2025,01/20/2025 06:18:33,1,2,1\n" \
  >"$work/members/Daily.CSV"
gzip -kn "$work/members/Interval.CSV"
gpg --batch --quiet --trust-model always --armor -r droplet@example.com \
  -o "$remote/adhocusage/IntervalMeterUsage.CSV.957877905.asc" -e "$work/members/Interval.CSV.gz"
gpg --batch --quiet --trust-model always -r droplet@example.com \
  -o "$remote/adhocusage/older/DailyMeterUsage.CSV.957877905.pgp" -e "$work/members/Daily.CSV"
head -c 60000000 /dev/urandom >"$remote/adhocusage/not a meter file.bin"
find "$remote" -type f -exec touch -d '2 days ago' {} +
start_sshd host_key

cat >"$work/droplet.env" <<END
# as systemd reads it
ADMIN_TOKEN="$token"
INTELLIWATT_BASE_URL=$api
SMT_HOST=127.0.0.1
SMT_PORT=$ssh_port
SMT_USER=$(id -un)
SMT_KEY=$work/client_key
SMT_HOST_KEY='$(cat "$work/host_key.pub")'
SMT_REMOTE_DIR=$remote/adhocusage
SMT_LOCAL_DIR=$work/local
END

# --- the droplet -----------------------------------------------------------------------------------------------------

droplet() { env -i PATH="$PATH" HOME="$HOME" node "$work/alone/smt-droplet.cjs" "$@" --env-file "$work/droplet.env"; }
api_get() { curl -fsS -H @<(echo "x-admin-token: $token") "$api$1"; }
# statuses: what became of the droplet's files, sorted by name.
statuses() {
  api_get '/api/admin/smt/raw-files?source=droplet-upload&limit=100' |
    jq -r '[.files[] | select(.filename | test("^(IntervalMeter|DailyMeter|not a)"))] | sort_by(.filename)[] | "\(.status) \(.error_code // "-")"'
}
all_ended() { [ "$(statuses | grep -vc '^registered\|^normalizing')" -eq 4 ]; }
ended_well() {
  eventually all_ended
  diff <(statuses) <(printf '%s\n' 'normalized -' 'normalized -' 'normalized -' 'failed binary-file')
}
kill_in_the_middle() {
  droplet sync --once >"$work/killed.log" &
  local sync=$!
  eventually test -d "$work/local/spool" && sleep 0.4
  kill -KILL "$sync"
  wait "$sync" 2>/dev/null
  [ "$(du -sk "$work/local/spool" | cut -f1)" -lt 100 ] || { du -k "$work/local" && return 1; }
}
# A file name in Latin-1, a link to a file, one to a folder, and a name of two lines, as OpenSSH lists them.
odd_names() {
  local odd=$remote/adhocusage/odd
  mkdir "$odd" && day 10443720000000003 01/15/2025 >"$odd/"$'two\nlines.csv' && day 10443720000000003 01/16/2025 >"$work/target.csv" &&
    cp "$work/target.csv" "$odd/"$'caf\xe9.csv' && touch -d '2 days ago' "$odd"/* "$work/target.csv" &&
    ln -s "$work/target.csv" "$odd/link.csv" && ln -s "$remote" "$odd/circle" || return 1
  droplet sync --once >"$work/odd.log"
  [ $? -eq 1 ] && jq -es 'last | .known == 4 and .delivered == 2 and .failed == 1 and .skipped == 1' "$work/odd.log" &&
    grep -q 'its name is not UTF-8' "$work/odd.log" && rm -r "$odd"
}
# Exit status 1 if the killed sync had uploaded the binary file already: its bytes are stored and have failed.
delivers_the_rest() {
  droplet sync --once >"$work/rest.log" || [ $? -eq 1 ] || return 1
  jq -e 'select(.event == "sync finished") | .failed == 0 and .delivered + .known == 4' "$work/rest.log" >/dev/null
}
known_again() { droplet sync --once | jq -e 'select(.event == "sync finished") | .known == 4 and .delivered == 0' >/dev/null; }

root_is_rejected() {
  local dir=$work/somebodys command
  mkdir "$dir" && as_root chown nobody "$dir" || return 1
  for command in 'sync --once' doctor "push $work/host_key.pub"; do
    exits 2 "Run the command as nobody: runuser -u nobody -- smt-droplet $command" \
      as_root env -i PATH="$PATH" SMT_LOCAL_DIR="$dir" node "$work/alone/smt-droplet.cjs" $command --env-file "$work/droplet.env" || return 1
  done
  [ -z "$(as_root ls "$dir")" ]
}

mkdir "$work/alone" "$work/local"
check 'npm run build:droplet makes what goes to the droplet' npm run -s build:droplet
cp -r infra/droplet/dist "$dist" && cp "$dist/smt-droplet.cjs" "$work/alone/"
check "one file runs on Node $(node --version), with nothing beside it" droplet --help
check 'the doctor passes sshd, key, API and token' droplet doctor
check 'root is rejected, naming the owner of the folder' root_is_rejected
check 'a sync that is killed leaves nothing on the disk' kill_in_the_middle
check 'the next sync delivers what is left' delivers_the_rest
check 'gpg’s messages are opened, and each file is normalized, ignored or failed with a reason' ended_well
check 'a third sync skips them all' known_again
check 'links, names of two lines and names that are not UTF-8 are delivered or reported' odd_names
kill "$sshd" && wait "$sshd" 2>/dev/null
start_sshd other_host_key
check 'a changed host key is rejected' exits 3 host-key-mismatch droplet sync --once
check 'no secret is in any log' bash -c "! grep -rqF -e '$token' -e 'PRIVATE KEY' '$work/killed.log' '$stack_dir/logs'"

# --- by hand ---------------------------------------------------------------------------------------------------------

# The commands of the README, as printed, for this environment file and this file.
by_hand() {
  sed -n '/^```sh$/,/^```$/p' infra/droplet/README.md | sed '1d;$d' |
    sed "s#/etc/default/intelliwatt-smt#$work/hand.env#; s#FILE=IntervalData.csv#FILE='$work/by hand.csv'#"
}
sed "s/^SMT_USER=.*//; s/^SMT_HOST_KEY=.*//" "$work/droplet.env" >"$work/hand.env"
day 10443720000000002 01/15/2025 >"$work/by hand.csv"
hand_loaded() { api_get '/api/admin/smt/raw-files?q=by%20hand.csv' | jq -e '.files[0].status == "normalized"'; }
uploaded_by_hand() {
  (cd "$work" && bash -euo pipefail "$work/by-hand.sh") && eventually hand_loaded
}
by_hand >"$work/by-hand.sh"
check 'the README’s two curl commands upload a file' uploaded_by_hand
check 'a second PUT of it is rejected with 412' \
  exits 22 412 bash -c "cd '$work' && FILE='by hand.csv' && $(grep '^curl.* -T' "$work/by-hand.sh")"

# --- install ---------------------------------------------------------------------------------------------------------

root=$work/root
mkdir -p "$root/etc/default" "$root$work"
cp "$work/droplet.env" "$root/etc/default/intelliwatt-smt"
cp "$work/client_key" "$root$work/client_key"
install_droplet() { DESTDIR=$root sh "$dist/install.sh" "$@"; }
release() { basename "$(readlink "$root/opt/smt-droplet/$1")"; }
installed_twice() {
  install_droplet && (cd "$root" && find . -type f -o -type l | sort | xargs -d '\n' ls -l --time-style=+ >"$work/first") &&
    install_droplet && (cd "$root" && find . -type f -o -type l | sort | xargs -d '\n' ls -l --time-style=+ >"$work/second") &&
    diff "$work/first" "$work/second" &&
    [ ! -e "$root/opt/smt-droplet/previous" ] &&
    grep -q "^User=$(id -un)\$" "$root/etc/systemd/system/smt-sync.service.d/droplet.conf" &&
    "$root/opt/smt-droplet/current/smt-droplet.cjs" --help
}
upgraded_and_back() {
  local old new
  old=$(release current)
  echo '// a newer release' >>"$dist/smt-droplet.cjs"
  install_droplet || return 1
  new=$(release current)
  [ "$new" != "$old" ] && [ "$(release previous)" = "$old" ] && grep -q 'a newer release' "$root/opt/smt-droplet/current/smt-droplet.cjs" &&
    install_droplet --rollback && [ "$(release current)" = "$old" ] && [ "$(release previous)" = "$new" ]
}
upgraded_after_a_cut() {
  local new
  ln -s "releases/$(release current)" "$root/opt/smt-droplet/current.next"
  ln -s "releases/$(release current)" "$root/opt/smt-droplet/previous.next"
  echo '// the newest release' >>"$dist/smt-droplet.cjs"
  new=$(sha256sum "$dist/smt-droplet.cjs" | cut -c 1-12)
  install_droplet && [ "$(release current)" = "$new" ] && [ -z "$(find "$root/opt/smt-droplet/releases" -type l)" ] &&
    [ ! -e "$root/opt/smt-droplet/current.next" ]
}
settings_kept() {
  local unit=$root/etc/systemd/system/smt-sync.service
  sed "s#^SMT_LOCAL_DIR=.*#SMT_LOCAL_DIR=$work/other#" "$work/droplet.env" >"$root$work/other.env"
  (cd "$work" && install_droplet --env-file other.env --user nobody) >"$work/installed" || return 1
  rmdir "$root$work/other" && install_droplet &&
    grep -qFx "EnvironmentFile=$work/other.env" "$unit" && grep -qFx User=nobody "$unit.d/droplet.conf" &&
    grep -qF "Check it: runuser -u nobody -- smt-droplet doctor --env-file $work/other.env" "$work/installed"
}
units_verify() {
  mkdir -p "$work/units" && cp -r "$root/etc/systemd/system/." "$work/units/" &&
    sed -i "s#^ExecStart=/usr/local/bin/smt-droplet#ExecStart=$root/opt/smt-droplet/current/smt-droplet.cjs#" "$work/units/smt-sync.service" &&
    systemd-analyze verify --man=no "$work/units/smt-sync.service" "$work/units/smt-sync.timer" 2>"$work/verify"
  [ ! -s "$work/verify" ] || { cat "$work/verify" && return 1; }
}
check 'install.sh installs, and a second time changes nothing' installed_twice
check 'the installed command says which environment file it cannot read' \
  exits 2 '/nowhere cannot be read (ENOENT)' "$root/opt/smt-droplet/current/smt-droplet.cjs" doctor --env-file /nowhere
check 'an upgrade keeps the release before, and --rollback goes back to it' upgraded_and_back
check 'an upgrade works after an interrupted one' upgraded_after_a_cut
check 'install.sh rejects a user who cannot write to SMT_LOCAL_DIR' \
  exits 1 "nobody cannot write to $work/local: chown -R nobody $work/local" install_droplet --user nobody
check 'install.sh without an environment file says what is missing' \
  exits 1 'is missing. It holds the configuration' env DESTDIR="$work/empty" sh "$dist/install.sh"
check 'systemd finds nothing wrong with the units' units_verify
check 'systemd rates the service as well hardened' \
  systemd-analyze security --offline=true --no-pager --threshold=25 "$work/units/smt-sync.service"
check 'an upgrade keeps environment file and user, and says how to check them' settings_kept

[ "$failures" -eq 0 ]
