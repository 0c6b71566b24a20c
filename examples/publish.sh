#!/bin/sh
# Publish to Weft from a shell, with redis-cli (or valkey-cli) and openssl:
#
#   PUBLISH_KEY=… REDIS_URL=redis://127.0.0.1:6379 ./publish.sh user:1 notification '{"title": "Backup done"}'
#
# openssl gets the key as an argument, which other users of this machine can see while it runs.
set -eu
to=$1 kind=$2 data=$3

cli=$(command -v redis-cli || command -v valkey-cli) || {
    echo "There is neither redis-cli nor valkey-cli here (Debian: apt-get install redis-tools). publish-http.sh needs curl alone." >&2
    exit 69
}
url=${REDIS_URL:-redis://127.0.0.1:6379}
case $url in
    unix://*) set -- -s "${url#unix://}" ;;
    *) set -- -u "$url" ;;
esac

id=$(openssl rand -hex 16)
payload=$(printf '{"v":1,"id":"%s","to":"%s","kind":"%s","data":%s,"at":%s}' "$id" "$to" "$kind" "$data" "$(date +%s)")
signature=$(printf %s "$payload" | openssl dgst -sha256 -hmac "$PUBLISH_KEY" | sed 's/^.*= *//')
"$cli" "$@" -e XADD weft:publish '*' payload "$payload" signature "$signature" >/dev/null
echo "$id"
