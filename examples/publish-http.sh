#!/bin/sh
# Publish to Weft from a shell that doesn't reach Redis, with curl and openssl:
#
#   PUBLISH_KEY=… WEFT_URL=http://127.0.0.1:8000 ./publish-http.sh user:1 notification '{"title": "Backup done"}'
#
# openssl gets the key as an argument, which other users of this machine can see while it runs.
set -eu
to=$1 kind=$2 data=$(printf %s "$3" | tr '\n' ' ')

id=$(openssl rand -hex 16)
payload=$(printf '{"v":1,"id":"%s","to":"%s","kind":"%s","data":%s,"at":%s}' "$id" "$to" "$kind" "$data" "$(date +%s)")
signature=$(printf %s "$payload" | openssl dgst -sha256 -hmac "$PUBLISH_KEY" | sed 's/^.*= *//')
quoted=$(printf %s "$payload" | sed 's/\\/\\\\/g; s/"/\\"/g')
printf '{"payload":"%s","signature":"%s"}' "$quoted" "$signature" |
    curl --silent --show-error --fail-with-body --header 'Content-Type: application/json' --data-binary @- \
        "${WEFT_URL:-http://127.0.0.1:8000}/api/v1/publish" >&2
echo "$id"
