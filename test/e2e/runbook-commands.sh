#!/usr/bin/env bash
# The runbook's commands on the local stack, with the AWS CLI, psql and curl, as an operator practises them there: those that
# the local services can carry out are taken from infra/RUNBOOK.md word for word. One line a check; exits 1 if any check fails
# or a program is missing.
set -uo pipefail
cd "$(dirname "$0")/../.."

for program in aws psql curl jq; do
  command -v "$program" >/dev/null && continue
  echo "FAIL  $program is not installed (Debian: apt-get install awscli postgresql-client curl jq)"
  exit 1
done
work=$(mktemp -d)
export SMT_STATE_DIR=$work/state AWS_CONFIG_FILE=$work/aws-config PSQL_PAGER=''
unset DATABASE_URL
printf '[default]\ns3 =\n  signature_version = s3v4\n' >"$AWS_CONFIG_FILE"
node=node_modules/.bin/node
[ -x "$node" ] || node=node
stack=
stop_stack() {
  [ -z "$stack" ] && return
  kill -INT "$stack" 2>/dev/null
  wait "$stack" 2>/dev/null
  stack=
}
trap 'stop_stack; rm -rf "$work"' EXIT

start_stack() {
  "$node" infra/local/start.ts --port 0 >"$work/start.log" 2>&1 &
  stack=$!
  for _ in $(seq 600); do
    grep -q 'Runs until Ctrl-C' "$work/start.log" && return
    kill -0 "$stack" 2>/dev/null || break
    sleep 0.2
  done
  echo 'FAIL  the local stack did not start'
  cat "$work/start.log"
  exit 1
}

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
# prints PATTERN COMMAND…: the command must succeed, and print the extended regular expression somewhere.
prints() {
  local pattern=$1 out
  shift
  out=$("$@" 2>&1) || { echo "$out" && return 1; }
  grep -qE -- "$pattern" <<<"$out" || { printf 'not found: %s in:\n%s\n' "$pattern" "$out" && return 1; }
}
# runbook WORDS: runs the first bash block of the runbook that has these words.
runbook() {
  local block
  block=$(awk -v words="$1" '
    /^ *```bash$/ { inside = 1; text = ""; next }
    /^ *```$/ && inside { inside = 0; if (index(text, words)) { printf "%s", text; exit } next }
    inside { text = text $0 "\n" }' infra/RUNBOOK.md)
  [ -n "$block" ] || { echo "the runbook has no command with: $1" && return 1; }
  # Version 1 of the AWS CLI lacks this option, and behaves as if it were given.
  [[ $(command aws --version 2>&1) == aws-cli/1.* ]] && block=${block//--cli-binary-format raw-in-base64-out/}
  eval "$block"
}

start_stack
first=$("$node" infra/local/local-env.ts)
stop_stack
start_stack
eval "$("$node" infra/local/local-env.ts)"
check 'S3, SQS, SNS, Lambda and the credentials are the same after another start' \
  diff <(grep -E '^export AWS_(ENDPOINT_URL_(S3|SQS|SNS|LAMBDA)|.*KEY)' <<<"$first") \
  <("$node" infra/local/local-env.ts | grep -E '^export AWS_(ENDPOINT_URL_(S3|SQS|SNS|LAMBDA)|.*KEY)')

check 'the API takes the token' prints '"ok":true' curl -sS -H "x-admin-token: $ADMIN_TOKEN" "$API/api/admin/smt/raw-files"
check 'the token is in the secret that the output names' \
  prints "^$ADMIN_TOKEN$" aws secretsmanager get-secret-value --secret-id "$(output AdminTokenSecretArn)" --query SecretString --output text
check 'sql asks the database' prints 'normalized' sql 'select status, count(*) from raw_files group by status'

console_drop() {
  printf 'ESIID,USAGE_DATE,USAGE_START_TIME,USAGE_END_TIME,USAGE_KWH\n10443720000000002,01/15/2025,00:00,00:15,0.5\n' >"$work/drop.csv"
  aws s3 cp "$work/drop.csv" "s3://$BUCKET/drops/console.csv" || return 1
  for _ in $(seq 150); do
    sql "select status, source from raw_files where object_key = 'drops/console.csv'" | grep -q 'normalized.*console-drop' && return
    sleep 0.2
  done
  sql "select * from raw_files where object_key = 'drops/console.csv'"
  return 1
}
check 'a file dropped with aws s3 cp is loaded, as a console drop' console_drop
check 'the runbook lists object versions' prints 'uploads/' runbook 'list-object-versions --bucket "$BUCKET" --prefix uploads/'
check 'the runbook counts what is queued' prints '"?0"?' \
  aws sqs get-queue-attributes --queue-url "$(output ToNormalizeUrl)" --attribute-names All --query 'Attributes.ApproximateNumberOfMessages'
check 'the runbook invokes the sweep' prints '"StatusCode": 200' runbook 'aws lambda invoke --function-name "$(output SweepFunction)"'
fails() { ! "$@"; }
dead_letter() {
  local url
  url=$(output ToNormalizeDeadLettersUrl)
  aws sqs send-message --queue-url "$url" --message-body '{"rawFileId":"1"}' || return 1
  prints rawFileId aws sqs receive-message --queue-url "$url" --query 'Messages[].Body' --output text
}
check 'an unknown function is an error' fails aws lambda invoke --function-name nobody /dev/null
check 'a dead-letter message can be read' dead_letter
check 'a service without a local endpoint is rejected, not called' \
  prints 'http://127.0.0.1:9/' eval 'aws --cli-connect-timeout 5 cloudwatch describe-alarms 2>&1 || true'

[ "$failures" -eq 0 ]
