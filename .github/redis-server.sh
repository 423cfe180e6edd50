#!/bin/sh
# Takes the server out of an official image, with the libraries it was built with, and prints the path
# of a program that runs it, for REDIS_SERVER. The tests start their servers themselves, so a service
# container would not do.
#   redis-server.sh redis:8 <directory>
set -eu
image=$1
mkdir -p "$2/files"
dir=$(cd "$2" && pwd)

container=$(docker create "$image")
docker export "$container" | tar -x -C "$dir/files" lib lib64 usr/lib usr/lib64 usr/local/bin >&2
docker rm "$container" >/dev/null

server=$(ls "$dir"/files/usr/local/bin/valkey-server "$dir"/files/usr/local/bin/redis-server 2>/dev/null | head -n 1)
cat >"$dir/redis-server" <<EOF
#!/bin/sh
exec "$dir/files/lib64/ld-linux-x86-64.so.2" --library-path "$dir/files/usr/lib/x86_64-linux-gnu" \\
  --argv0 redis-server "$server" "\$@"
EOF
chmod +x "$dir/redis-server"
"$dir/redis-server" --version >&2
echo "$dir/redis-server"
