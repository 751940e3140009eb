# Sourced by ./test. Installs through apt what the build needs, then what the tests need; where it may not, it names the packages.

missing_packages=
need() {
    command -v "$1" >/dev/null 2>&1 || missing_packages="$missing_packages $2"
}

. scripts/node.sh

# scripts/build, and scripts/servers, which runs beside it.
need_for_the_build() {
    need gcc gcc
    if ! echo 'int main(void) { return 0; }' | gcc -x c - -lz -o /dev/null 2>/dev/null; then
        missing_packages="$missing_packages libc6-dev zlib1g-dev"
    fi
    [ -e /usr/include/sqlite3.h ] || missing_packages="$missing_packages libsqlite3-dev"
    need flock util-linux
    need mmdebstrap mmdebstrap
}

need_for_the_tests() {
    need ip iproute2
    need nft nftables
    need time time
    need iptables iptables
    need ipset ipset
    need ufw ufw
    need firewall-cmd firewalld
    need fail2ban-server fail2ban
    need dbus-daemon dbus-daemon
    need unshare util-linux
    need systemctl systemd
    need netstat net-tools
    need lsof lsof
    need ps procps
    need perl perl
    need ssh openssh-client
    need sshd openssh-server
    need sudo sudo
    need script bsdutils
    need strace strace
    need man man-db
    need zsh zsh
    need fish fish
    need openssl openssl
    need nginx nginx-light
    need dnsmasq dnsmasq-base
    need chronyd chrony
    need snmpd snmpd
    need tshark tshark
    need tcpdump tcpdump
    need nmap nmap
    need hydra hydra
    need ping iputils-ping
    need traceroute traceroute
    need curl curl
    need iperf3 iperf3
    need hping3 hping3
    need dig bind9-dnsutils
    need swaks swaks
    need fetchmail fetchmail
    need lftp lftp
    need tnftp tnftp
    need inetutils-telnet inetutils-telnet
    need redis-cli redis-tools
    need psql postgresql-client
    need snmpwalk snmp
    need ntpdig ntpsec-ntpdig
    need finger finger
    need nc netcat-openbsd
    need udhcpc udhcpc
    need mariadb mariadb-client-core
    need rdate rdate
    need ndiff ndiff
    need promtool prometheus
    need microsocks microsocks
    need tinyproxy tinyproxy
    need danted dante-server
    need haproxy haproxy
    need busybox busybox
    need podman podman
    need conmon conmon
    need runc runc
    need slirp4netns slirp4netns
    need newuidmap uidmap
    need useradd passwd
    need dockerd docker.io
    need rabbitmq-server rabbitmq-server
    need rsyslogd rsyslog
    # Debian keeps the server's programs outside PATH.
    ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing_packages="$missing_packages postgresql"
    [ -x /usr/bin/chromium ] || ! has_node || missing_packages="$missing_packages chromium"
    [ -e /usr/lib/podman/netavark ] || missing_packages="$missing_packages netavark"
    [ -e /lib/systemd/system/dbus.service ] || missing_packages="$missing_packages dbus"
    [ -e /lib/x86_64-linux-gnu/security/pam_systemd.so ] || [ ! -d /lib/x86_64-linux-gnu ] || missing_packages="$missing_packages libpam-systemd"
    need xsltproc xsltproc
    need xmllint libxml2-utils
    /usr/bin/python3 -c 'import libnmap' 2>/dev/null || missing_packages="$missing_packages python3-libnmap"
    perl -MNmap::Parser -e 1 2>/dev/null || missing_packages="$missing_packages libnmap-parser-perl"
}

# Keeps the units of a package from starting when it is installed; where that fails, the package is left out.
mask() {
    masked=$1
    shift
    case "$missing_packages " in
    *" $masked "*) [ ! -d "${SYSTEMD_RUNTIME:-/run/systemd/system}" ] || systemctl mask "$@" >&2 || missing_packages=$(echo "$missing_packages" | sed "s/ $masked//") ;;
    esac
}

# Tests run these in namespaces or folders of their own: installing them must change no rule of this machine, and open no port.
mask_services() {
    mask firewalld firewalld.service
    mask fail2ban fail2ban.service
    mask tinyproxy tinyproxy.service
    mask dante-server danted.service
    mask docker.io docker.service docker.socket containerd.service
    mask podman podman.service podman.socket podman-restart.service podman-auto-update.service podman-auto-update.timer
    # epmd is of Erlang, and listens on every address.
    mask rabbitmq-server rabbitmq-server.service epmd.service epmd.socket
    mask postgresql postgresql.service
    mask rsyslog rsyslog.service syslog.socket
}

install_for_the_build() { install need_for_the_build; }
install_for_the_tests() { install need_for_the_tests; }

updated=
install() {
    PATH=$PATH:/usr/sbin:/sbin
    missing_packages=
    $1
    [ -n "$missing_packages" ] || return 0
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "test: installing$missing_packages" >&2
        export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1

        mask_services
        # One by one where the whole fails: a package that this mirror lacks must not keep the others away.
        { { [ "$updated" ] || apt-get -q update; } && apt-get -q -y install --no-remove --no-install-recommends $missing_packages; } >&2 </dev/null || {
            for package in $missing_packages; do
                apt-get -q -y install --no-remove --no-install-recommends "$package" >&2 </dev/null || true
            done
        }
        updated=yes
        missing_packages=
        $1
    fi
    if [ -n "$missing_packages" ]; then
        echo "test: not installed, so the tests that need them are skipped:$missing_packages" >&2
        echo "test: hint: as root, apt-get install$missing_packages" >&2
    fi
}
