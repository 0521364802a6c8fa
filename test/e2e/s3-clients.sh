#!/usr/bin/env bash
# Tests the local S3 with third-party clients: aws (awscli), rclone, curl --aws-sigv4.
# One line a check; exits 1 if any check fails or a client is missing.
set -uo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
# Nothing of the caller's own AWS setup, above all no profile and no other endpoint.
unset "${!AWS_@}" "${!RCLONE_@}"
export AWS_ACCESS_KEY_ID=e2e-key AWS_SECRET_ACCESS_KEY=e2e-secret AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
export AWS_CONFIG_FILE=$work/aws-config AWS_EC2_METADATA_DISABLED=true AWS_PAGER='' RCLONE_CONFIG=$work/rclone.conf
export S3_DATA_DIR=$work/data S3_BUCKETS=raw-files
# aws 1.x presigns with Signature Version 2 unless configured otherwise.
printf '[default]\ns3 =\n  signature_version = s3v4\n' >"$AWS_CONFIG_FILE"
node=node_modules/.bin/node
[ -x "$node" ] || node=node

"$node" infra/local/s3/serve.ts >"$work/server.log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; rm -rf "$work"' EXIT
for _ in $(seq 100); do
  url=$(sed -n 's/^listening on //p' "$work/server.log")
  [ -n "$url" ] && break
  sleep 0.1
done
if [ -z "$url" ]; then
  echo "FAIL  the local S3 did not start"
  cat "$work/server.log"
  exit 1
fi

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
    sed 's/^/      /' "$work/out" | head -20
  fi
}
# rejected CODE COMMAND…: the command must fail, and say CODE.
rejected() {
  local code=$1
  shift
  local out
  out=$("$@" 2>&1) && { echo "it succeeded: $out" && return 1; }
  grep -q "$code" <<<"$out" || { echo "$out" && return 1; }
}
# prints TEXT COMMAND…: the command must succeed and print TEXT somewhere.
prints() {
  local text=$1
  shift
  local out
  out=$("$@" 2>&1) || { echo "$out" && return 1; }
  grep -qF -- "$text" <<<"$out" || { echo "not found: $text in: $out" && return 1; }
}

mkdir "$work/tree" "$work/tree/deep"
small=$work/small.csv
large=$work/large.bin
printf 'ESIID,USAGE_DATE\n%s\n' "'10443720004895510,03/01/2022" >"$small"
head -c 20000003 /dev/urandom >"$large"
cp "$small" "$work/tree/a b+c.csv"
cp "$small" "$work/tree/deep/größe & <1>.csv"
head -c 6000000 /dev/urandom >"$work/tree/deep/six megabytes.bin"

with_aws() {
  local s3=(aws --endpoint-url "$url" s3) api=(aws --endpoint-url "$url" s3api)
  check "aws ($(aws --version 2>&1 | cut -d' ' -f1)) lists the bucket" prints raw-files "${s3[@]}" ls
  check 'aws uploads a small file with metadata' \
    "${s3[@]}" cp "$small" 's3://raw-files/aws/small +ü.csv' --metadata source=console-drop
  check 'aws reads it back' prints 10443720004895510 "${s3[@]}" cp 's3://raw-files/aws/small +ü.csv' -
  check 'aws sees its metadata' \
    prints console-drop "${api[@]}" head-object --bucket raw-files --key 'aws/small +ü.csv'
  check 'aws uploads 20 MB in parts' "${s3[@]}" cp "$large" s3://raw-files/aws/large.bin
  check 'aws reads 20 MB back' "${s3[@]}" cp s3://raw-files/aws/large.bin "$work/aws-large.bin"
  check 'aws got the same 20 MB' cmp "$large" "$work/aws-large.bin"
  check 'aws uploads 20 MB from a pipe' bash -c \
    "aws --endpoint-url '$url' s3 cp - s3://raw-files/aws/piped.bin <'$large'"
  check 'aws copies 20 MB within the bucket' \
    "${s3[@]}" cp s3://raw-files/aws/large.bin s3://raw-files/aws/copy.bin
  check 'aws puts with a SHA-256 that is checked' \
    "${api[@]}" put-object --bucket raw-files --key aws/sha.csv --body "$small" --checksum-algorithm SHA256
  check 'aws gets that SHA-256 back' prints ChecksumSHA256 \
    "${api[@]}" head-object --bucket raw-files --key aws/sha.csv --checksum-mode ENABLED
  check 'aws syncs a tree with difficult names up' "${s3[@]}" sync "$work/tree" s3://raw-files/aws-tree
  check 'aws finds nothing left to sync' bash -c \
    "[ -z \"\$(aws --endpoint-url '$url' s3 sync --size-only '$work/tree' s3://raw-files/aws-tree)\" ]"
  check 'aws syncs it down again' "${s3[@]}" sync s3://raw-files/aws-tree "$work/aws-tree"
  check 'aws got the same tree' diff -r "$work/tree" "$work/aws-tree"
  check 'aws pages through versions' prints 'größe' \
    "${api[@]}" list-object-versions --bucket raw-files --page-size 1
  check 'aws deletes a tree' "${s3[@]}" rm --recursive s3://raw-files/aws-tree
  check 'aws sees delete markers after that' \
    prints DeleteMarkers "${api[@]}" list-object-versions --bucket raw-files --prefix aws-tree/
  check 'aws resumes an upload from its parts' resume_with_aws "${api[@]}"
  check 'curl reads through a URL that aws presigned' bash -c \
    "curl -fsS \"\$(aws --endpoint-url '$url' s3 presign s3://raw-files/aws/sha.csv)\" | cmp - '$small'"
  check 'aws with a wrong secret is rejected' \
    rejected SignatureDoesNotMatch env AWS_SECRET_ACCESS_KEY=wrong "${s3[@]}" ls s3://raw-files
  check 'aws without credentials is rejected' rejected AccessDenied "${s3[@]}" ls s3://raw-files --no-sign-request
}

# Part 1, a look at what has arrived, then part 2: as a client does that was interrupted.
resume_with_aws() {
  local api=("$@") target=(--bucket raw-files --key aws/resumed.bin) id one two
  head -c 6000000 "$large" >"$work/part1"
  tail -c +6000001 "$large" >"$work/part2"
  id=$("${api[@]}" create-multipart-upload "${target[@]}" --query UploadId --output text) || return 1
  "${api[@]}" upload-part "${target[@]}" --upload-id "$id" --part-number 1 --body "$work/part1" || return 1
  one=$("${api[@]}" list-parts "${target[@]}" --upload-id "$id" --query 'Parts[0].ETag' --output text) || return 1
  two=$("${api[@]}" upload-part "${target[@]}" --upload-id "$id" --part-number 2 --body "$work/part2" \
    --query ETag --output text) || return 1
  "${api[@]}" complete-multipart-upload "${target[@]}" --upload-id "$id" --multipart-upload \
    "{\"Parts\":[{\"PartNumber\":1,\"ETag\":${one}},{\"PartNumber\":2,\"ETag\":${two}}]}" || return 1
  "${api[@]}" get-object "${target[@]}" "$work/resumed.bin" && cmp "$large" "$work/resumed.bin"
}

with_rclone() {
  # Of rclone's providers, Minio is the one that keeps to the path style and otherwise takes all of S3 for granted.
  cat >"$RCLONE_CONFIG" <<CONF
[local]
type = s3
provider = Minio
env_auth = true
region = us-east-1
endpoint = $url
CONF
  local rc=(rclone --retries 1 --low-level-retries 1)
  check "rclone ($(rclone version | head -1 | cut -d' ' -f2)) copies a tree up" \
    "${rc[@]}" copy "$work/tree" local:raw-files/rclone
  check 'rclone finds it complete, by checksum' "${rc[@]}" check "$work/tree" local:raw-files/rclone
  check 'rclone finds it complete, by reading it' "${rc[@]}" check --download "$work/tree" local:raw-files/rclone
  check 'rclone lists it' prints 'größe & <1>.csv' "${rc[@]}" lsf -R local:raw-files/rclone
  check 'rclone uploads 20 MB in parts' \
    "${rc[@]}" copyto --s3-upload-cutoff 5M --s3-chunk-size 5M "$large" local:raw-files/rclone-large.bin
  check 'rclone reads 20 MB back in ranges' \
    "${rc[@]}" copyto --multi-thread-cutoff 5M --multi-thread-streams 4 \
    local:raw-files/rclone-large.bin "$work/rclone-large.bin"
  check 'rclone got the same 20 MB' cmp "$large" "$work/rclone-large.bin"
  check 'rclone copies nothing a second time' \
    prints 'There was nothing to transfer' "${rc[@]}" copy -v "$work/tree" local:raw-files/rclone
  check 'rclone copies within the bucket' \
    "${rc[@]}" copyto local:raw-files/rclone-large.bin local:raw-files/rclone-copy.bin
  check 'rclone uploads from a pipe of unknown length' bash -c \
    "rclone --retries 1 rcat local:raw-files/rclone-piped.bin <'$large'"
  check 'rclone reads that back' bash -c "rclone cat local:raw-files/rclone-piped.bin | cmp - '$large'"
  check 'rclone deletes the tree' "${rc[@]}" purge local:raw-files/rclone
  check 'rclone with a wrong secret is rejected' \
    rejected SignatureDoesNotMatch env AWS_SECRET_ACCESS_KEY=wrong "${rc[@]}" lsf local:raw-files
}

with_curl() {
  local sig=(curl -sS --aws-sigv4 aws:amz:us-east-1:s3 --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY")
  local unsigned=(-H 'x-amz-content-sha256: UNSIGNED-PAYLOAD')
  check "curl ($(curl --version | head -1 | cut -d' ' -f2)) uploads 20 MB" \
    "${sig[@]}" -f "${unsigned[@]}" -T "$large" "$url/raw-files/curl.bin"
  check 'curl reads it back' bash -c 'cmp "$1" <("${@:2}")' _ "$large" "${sig[@]}" -f "${unsigned[@]}" "$url/raw-files/curl.bin"
  check 'curl goes on reading where it stopped' bash -c \
    'head -c 1000000 "$1" >"$2"; "${@:3}" -C - -o "$2" && cmp "$1" "$2"' _ \
    "$large" "$work/curl.bin" "${sig[@]}" -f "${unsigned[@]}" "$url/raw-files/curl.bin"
  check 'curl lists' prints '<Key>curl.bin</Key>' \
    "${sig[@]}" -f "${unsigned[@]}" "$url/raw-files?list-type=2&prefix=curl"
  check 'curl cannot write twice on condition' prints PreconditionFailed \
    "${sig[@]}" "${unsigned[@]}" -H 'if-none-match: *' -T "$small" "$url/raw-files/curl.bin"
  check 'curl with a wrong hash of the body is rejected' prints XAmzContentSHA256Mismatch \
    "${sig[@]}" -H "x-amz-content-sha256: $(printf x | sha256sum | cut -d' ' -f1)" \
    -T "$small" "$url/raw-files/curl-wrong.csv"
  check 'curl with a wrong key is rejected' prints SignatureDoesNotMatch \
    curl -sS --aws-sigv4 aws:amz:us-east-1:s3 --user "$AWS_ACCESS_KEY_ID:wrong" "${unsigned[@]}" "$url/raw-files/curl.bin"
  check 'curl without a signature is rejected' prints AccessDenied curl -sS "$url/raw-files/curl.bin"
}

for client in aws rclone curl; do
  if command -v "$client" >/dev/null; then
    "with_$client"
  else
    failures=$((failures + 1))
    echo "FAIL  $client is not installed (Debian: apt-get install awscli rclone curl)"
  fi
done

if grep -qE '^local S3:|Warning:' "$work/server.log"; then
  failures=$((failures + 1))
  echo 'FAIL  the server met errors of its own:'
  grep -EA10 '^local S3:|Warning:' "$work/server.log"
fi
[ "$failures" -eq 0 ]
