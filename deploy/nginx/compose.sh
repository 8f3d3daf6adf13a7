#!/bin/sh
# Writes chatsite.conf for the containers of compose.cluster.yaml, HTTPS and all, and starts nginx with it.
set -eu
servers=$(for site in $SITES; do printf '    server %s:8000 max_fails=0;\\n' "$site"; done)
target=${TARGET:-/etc/nginx/conf.d/default.conf}
sed -e "s|^    server 127\.0\.0\.1:8000 max_fails=0;|$servers|" \
  -e "s|chat\.example\.org|$PUBLIC_NAME|" \
  -e 's|^    listen 80;|    #&|' \
  -e 's|#tls listen 443 ssl http2;|listen 443 ssl;\n    http2 on;|' \
  -e "s|#tls ssl_certificate\(_key\)\? /.*/|ssl_certificate\1 ${CERTIFICATES:-/certificates}/|" \
  -e 's|#tls ||' \
  "${SOURCE:-/site/chatsite.conf}" > "$target"
cat >> "$target" <<END
server {
    listen 80;
    server_name $PUBLIC_NAME;
    return 301 https://\$host\$request_uri;
}
END
exec "${NGINX:-nginx}" -g 'daemon off;'
