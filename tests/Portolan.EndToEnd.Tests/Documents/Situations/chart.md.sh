# Situations of docs/chart.md: see library.sh.

#: sudo portolan
export PORTOLAN_COLUMNS=80
web3

#: portolan --identify
card eth0 192.0.2.10/24
hostname web-3
no_other_namespaces
serve -d /srv -g 'SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7\r\n' sshd tcp/any/22
serve -d /srv -a 'HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n' nginx tcp/any/9090
