#!/usr/bin/env bash
# What can be proved of this configuration without a cloud, on a copy, so that init leaves nothing here:
# the lock file of a stand-in for the providers has other hashes than the real ones'.
# Usage: terraform/check.sh COMMAND-THAT-RUNS-CHECKOV...
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v terraform >/dev/null; then
  echo "terraform-check needs terraform 1.11 or newer on the PATH: https://developer.hashicorp.com/terraform/install" >&2
  echo "Without it: SKIP_TERRAFORM=1 make check" >&2
  exit 1
fi

offline=../shared/terraform/offline
run=()
[ -x "$offline" ] && run=("$(realpath "$offline")")

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
mkdir "$copy/function" "$copy/terraform"
cp function/*.py "$copy/function"
cp requirements.txt "$copy"
cp -R terraform/*.tf terraform/*.json terraform/tests "$copy/terraform"

set -x
terraform fmt -check -diff -recursive terraform
"${run[@]}" terraform -chdir="$copy/terraform" init -input=false
"${run[@]}" terraform -chdir="$copy/terraform" validate
"${run[@]}" terraform -chdir="$copy/terraform" test
"$@" --directory "$copy/terraform" --framework terraform --compact --quiet --skip-download
