#!/bin/sh
# Starts redis-server with a password from a file: no command line and no configuration shows it.
#
# REDIS_PASSWORD_FILE     of the user "default", who may do anything. Default: /run/secrets/redis_password
# OAUTHDB_PASSWORD_FILE   of the user "oauthdb", who may do what oauthdb needs and no more. Default: there is no such user
set -eu
umask 077
conf=${REDIS_CONF:-/etc/redis}
run=${REDIS_RUN:-/run/redis}

# 43 characters have 256 bits, if they are random.
hash_of() {
  password=$(cat "$1")
  if [ ${#password} -lt 32 ]; then
    echo "the password in $1 must have 32 characters at least: oauthdb generate-password" >&2
    return 1
  fi
  printf %s "$password" | sha256sum | cut -d ' ' -f 1
}

admin=$(hash_of "${REDIS_PASSWORD_FILE:-/run/secrets/redis_password}")
if [ -n "${OAUTHDB_PASSWORD_FILE:-}" ]; then
  application=$(hash_of "$OAUTHDB_PASSWORD_FILE")
  sed "s/#REDIS_PASSWORD/#$admin/; s/#OAUTHDB_PASSWORD/#$application/" "$conf/users.acl" > "$run/users.acl"
else
  sed "s/#REDIS_PASSWORD/#$admin/; /#OAUTHDB_PASSWORD/d" "$conf/users.acl" > "$run/users.acl"
fi
# The entry point of the image gives up the rights of root, which Redis does not need.
if command -v docker-entrypoint.sh > /dev/null; then
  chown -R redis "$run"
  exec docker-entrypoint.sh redis-server "$conf/redis.conf" --aclfile "$run/users.acl" "$@"
fi
exec "${REDIS_SERVER:-redis-server}" "$conf/redis.conf" --aclfile "$run/users.acl" "$@"
