namespace Portolan.Sockets.Naming;

/// <summary>Well-known servers, from their manuals. Protocols have IANA's names, as <c>scan -sV</c> says them.</summary>
internal static class KnownPrograms
{
    private const string Web = "http https";
    private const string Mail = "smtp submission submissions";

    private static readonly KnownProgram[] All =
    [
        // Shells, files and time.
        new("OpenSSH", "ssh", "sshd sshd-session") { Others = "ssh" },
        new("Dropbear", "ssh", "dropbear"),
        new("OpenSSH client", null, "ssh autossh") { Label = "ssh forward" },
        new("telnetd", "telnet", "in.telnetd telnetd utelnetd"),
        new("vsftpd", "ftp", "vsftpd"),
        new("ProFTPD", "ftp", "proftpd"),
        new("Pure-FTPd", "ftp", "pure-ftpd pure-ftpd-mysql pure-ftpd-ldap"),
        new("tftpd-hpa", "tftp", "in.tftpd") { Others = "tftpd-hpa" },
        new("atftpd", "tftp", "atftpd"),
        new("rsync", "rsync", "rsync"),
        new("Samba", null, "smbd") { Label = "samba", ByPort = "microsoft-ds netbios-ssn", Others = "samba" },
        new("Samba", null, "nmbd") { Label = "samba", ByPort = "netbios-ns netbios-dgm" },
        new("NFS-Ganesha", "nfs", "ganesha.nfsd") { Others = "nfs-ganesha", Label = "nfs" },
        new("rpcbind", "sunrpc", "rpcbind"),
        new("rpc.statd", null, "rpc.statd") { Label = "rpc.statd" },
        new("rpc.mountd", null, "rpc.mountd") { Label = "rpc.mountd" },
        new("chrony", null, "chronyd") { Label = "chrony", ByPort = "ntp", Others = "chrony" },
        new("NTP", "ntp", "ntpd") { Others = "ntp ntpsec openntpd" },
        new("Git", "git", "git-daemon"),
        new("Subversion", "svn", "svnserve"),
        new("tgt", "iscsi-target", "tgtd"),
        new("nbd", "nbd", "nbd-server"),
        new("distcc", "distcc", "distccd"),
        new("Syncthing", null, "syncthing") { Label = "syncthing" },
        new("Ceph", null, "ceph-mon ceph-osd ceph-mgr ceph-mds") { Label = "ceph" },
        new("GlusterFS", null, "glusterd glusterfsd") { Label = "glusterfs" },

        // The web.
        new("nginx", "http", "nginx") { ByPort = Web, IsRelay = true },
        new("Apache httpd", "http", "apache httpd") { ByPort = Web },
        new("lighttpd", "http", "lighttpd") { ByPort = Web },
        new("Caddy", "http", "caddy") { ByPort = Web },
        new("HAProxy", "http", "haproxy") { ByPort = Web, IsRelay = true },
        new("Traefik", "http", "traefik") { ByPort = Web, IsRelay = true },
        new("Envoy", "http", "envoy") { ByPort = Web, IsRelay = true },
        new("Varnish", "http", "varnishd") { ByPort = Web, Others = "varnish" },
        new("Squid", "http", "squid") { Label = "http-proxy" },
        new("Tinyproxy", "http", "tinyproxy") { Label = "http-proxy" },
        new("Privoxy", "http", "privoxy") { Label = "http-proxy" },
        new("Dante", "socks5", "danted sockd"),
        new("microsocks", "socks5", "microsocks"),
        new("Tor", null, "tor") { Label = "tor" },
        new("stunnel", null, "stunnel") { IsRelay = true },
        new("socat", null, "socat") { IsRelay = true },
        new("Portolan", null, "portolan") { IsRelay = true },
        new("PHP-FPM", "fastcgi", "php-fpm"),
        new("uWSGI", "uwsgi", "uwsgi uwsgi-core"),
        new("Apache Tomcat", "http", "") { Others = "tomcat", ByPort = $"{Web} ajp13" },
        new("Jenkins", "http", "") { Others = "jenkins", Label = "jenkins" },
        new("Gitea", "http", "gitea forgejo") { Label = "gitea" },
        new("GitLab Workhorse", "http", "gitlab-workhorse") { Label = "gitlab" },
        new("Cockpit", "http", "cockpit-ws cockpit-tls") { Others = "cockpit", Label = "cockpit" },
        new("CUPS", "ipp", "cupsd cups-browsed") { Others = "cups" },
        new("Jellyfin", "http", "jellyfin") { Label = "jellyfin", ByPort = "ssdp" },
        new("Transmission", null, "transmission-daemon") { Label = "transmission" },
        new("MinIO", "http", "minio") { Label = "minio" },
        new("Ollama", "http", "ollama") { Label = "ollama" },
        new("Docker registry", "http", "docker-registry") { Others = "registry", Label = "docker-registry" },

        // Names and addresses.
        new("BIND", "domain", "named") { Others = "bind9 bind", ByPort = "domain-s rndc" },
        new("Unbound", "domain", "unbound") { ByPort = "domain-s" },
        new("dnsmasq", "domain", "dnsmasq") { ByPort = "bootps tftp dhcpv6-server" },
        new("systemd-resolved", "domain", "systemd-resolved") { ByPort = "mdns llmnr domain-s" },
        new("PowerDNS", "domain", "pdns_server pdns_recursor") { Others = "pdns pdns-recursor" },
        new("Knot DNS", "domain", "knotd kresd") { Others = "knot" },
        new("NSD", "domain", "nsd"),
        new("CoreDNS", "domain", "coredns") { ByPort = "domain-s" },
        new("Avahi", null, "avahi-daemon") { Label = "avahi", ByPort = "mdns" },
        new("ISC DHCP", "bootps", "dhcpd") { Others = "isc-dhcp-server", ByPort = "dhcpv6-server" },
        new("Kea", "bootps", "kea-dhcp4"),
        new("DHCP client", "bootpc", "dhclient dhcpcd udhcpc") { ByPort = "dhcpv6-client" },
        new("systemd-networkd", null, "systemd-networkd") { Label = "systemd-networkd", ByPort = "bootpc dhcpv6-client bootps" },
        new("NetworkManager", null, "NetworkManager") { Label = "NetworkManager", ByPort = "bootpc dhcpv6-client" },
        new("OpenLDAP", "ldap", "slapd") { ByPort = "ldaps" },
        new("MIT Kerberos", "kerberos", "krb5kdc") { Others = "krb5-kdc" },
        new("MIT Kerberos", "kerberos-adm", "kadmind") { ByPort = "kpasswd" },
        new("FreeRADIUS", "radius", "freeradius radiusd") { ByPort = "radius-acct" },

        // Mail and talk.
        new("Postfix", null, "master") { Folder = "postfix", Others = "postfix", Label = "postfix", ByPort = Mail },
        new("Exim", "smtp", "exim") { ByPort = Mail },
        new("Sendmail", "smtp", "sendmail-mta") { Others = "sendmail", ByPort = Mail },
        new("OpenSMTPD", "smtp", "smtpd") { Others = "opensmtpd", ByPort = Mail },
        new("Dovecot", null, "dovecot imap-login pop3-login lmtp managesieve-login submission-login")
        {
            Label = "dovecot", ByPort = $"imap imaps pop3 pop3s sieve lmtp {Mail}",
        },
        new("OpenDKIM", "milter", "opendkim"),
        new("Prosody", null, "") { Others = "prosody", Label = "prosody", ByPort = "xmpp-client xmpp-server" },
        new("ejabberd", null, "") { Others = "ejabberd", Label = "ejabberd", ByPort = "xmpp-client xmpp-server" },
        new("ngIRCd", "irc", "ngircd"),
        new("Asterisk", "sip", "asterisk") { ByPort = "sips iax" },
        new("Kamailio", "sip", "kamailio") { ByPort = "sips" },
        new("FreeSWITCH", "sip", "freeswitch") { ByPort = "sips" },
        new("coturn", "stun", "turnserver") { Others = "coturn", ByPort = "stuns" },
        new("Mumble", "mumble", "murmurd mumble-server"),
        new("INN", "nntp", "innd") { ByPort = "nntps" },

        // Databases and queues.
        new("Redis", "redis", "redis-server redis-sentinel") { Others = "redis" },
        new("Valkey", "redis", "valkey-server valkey-sentinel") { Others = "valkey" },
        new("KeyDB", "redis", "keydb-server") { Others = "keydb" },
        new("Memcached", "memcached", "memcached"),
        new("PostgreSQL", "postgresql", "postgres") { Others = "postgresql" },
        new("PgBouncer", "postgresql", "pgbouncer"),
        new("MySQL", "mysql", "mysqld") { Others = "mysql" },
        new("MariaDB", "mysql", "mariadbd") { Others = "mariadb" },
        new("MongoDB", "mongodb", "mongod mongos") { Others = "mongo" },
        new("ClickHouse", null, "clickhouse clickhouse-server") { Label = "clickhouse" },
        new("InfluxDB", "http", "influxd") { Others = "influxdb", Label = "influxdb" },
        new("CouchDB", "http", "") { Others = "couchdb", Label = "couchdb" },
        new("Elasticsearch", null, "") { Others = "elasticsearch", Label = "elasticsearch" },
        new("OpenSearch", null, "") { Others = "opensearch", Label = "opensearch" },
        new("Cassandra", null, "") { Others = "cassandra", Label = "cassandra" },
        new("Neo4j", null, "") { Others = "neo4j", Label = "neo4j" },
        new("RabbitMQ", null, "") { Others = "rabbitmq-server rabbitmq", Label = "rabbitmq", ByPort = "amqp amqps" },
        new("ActiveMQ", null, "") { Others = "activemq", Label = "activemq", ByPort = "amqp" },
        new("Erlang port mapper", "epmd", "epmd"),
        new("Kafka", "kafka", "") { Others = "kafka cp-kafka" },
        new("ZooKeeper", "zookeeper", "") { Others = "zookeeper" },
        new("NATS", "nats", "nats-server") { Others = "nats" },
        new("Mosquitto", "mqtt", "mosquitto") { Others = "eclipse-mosquitto", ByPort = "secure-mqtt" },
        new("beanstalkd", "beanstalk", "beanstalkd"),
        new("Gearman", "gearman", "gearmand") { Others = "gearman-job-server" },
        new("etcd", "http", "etcd") { Label = "etcd", ByPort = "etcd-client etcd-server" },
        new("Consul", null, "consul") { Label = "consul" },
        new("Vault", "http", "vault") { Label = "vault" },

        // Monitoring.
        new("Prometheus", "http", "prometheus") { Label = "prometheus" },
        new("Prometheus Alertmanager", "http", "alertmanager prometheus-alertmanager") { Label = "alertmanager" },
        new("Prometheus Pushgateway", "http", "pushgateway prometheus-pushgateway") { Label = "pushgateway" },
        new("Prometheus node exporter", "http", "node_exporter prometheus-node-exporter") { Others = "node-exporter", Label =
            "node-exporter" },
        new("Prometheus blackbox exporter", "http", "blackbox_exporter prometheus-blackbox-exporter") { Others = "blackbox-exporter",
            Label = "blackbox-exporter" },
        new("Grafana", "http", "grafana grafana-server") { Label = "grafana" },
        new("Loki", "http", "loki") { Label = "loki" },
        new("VictoriaMetrics", "http", "victoria-metrics victoria-metrics-prod") { Label = "victoria-metrics" },
        new("Telegraf", null, "telegraf") { Label = "telegraf" },
        new("Netdata", "http", "netdata") { Label = "netdata", ByPort = "statsd" },
        new("cAdvisor", "http", "cadvisor") { Label = "cadvisor" },
        new("Zabbix agent", "zabbix-agent", "zabbix_agentd zabbix_agent2"),
        new("Zabbix server", null, "zabbix_server zabbix_proxy") { Label = "zabbix", ByPort = "zabbix-trapper" },
        new("NRPE", "nrpe", "nrpe"),
        new("net-snmp", "snmp", "snmpd") { ByPort = "smux" },
        new("net-snmp", "snmptrap", "snmptrapd"),
        new("rsyslog", "syslog", "rsyslogd"),
        new("syslog-ng", "syslog", "syslog-ng"),
        new("gpsd", "gpsd", "gpsd"),

        // Networks, containers, desktops, games.
        new("OpenVPN", "openvpn", "openvpn"),
        new("strongSwan", "isakmp", "charon charon-systemd") { Others = "strongswan", ByPort = "ipsec-nat-t" },
        new("Libreswan", "isakmp", "pluto") { ByPort = "ipsec-nat-t" },
        new("BIRD", "bgp", "bird"),
        new("FRRouting", null, "bgpd") { Label = "frr", ByPort = "bgp" },
        new("MiniUPnPd", null, "miniupnpd") { Label = "miniupnpd", ByPort = "ssdp" },
        new("Docker Engine", "http", "dockerd") { Others = "docker", Label = "docker" },
        new("kubelet", "http", "kubelet") { Label = "kubelet" },
        new("Kubernetes API server", "http", "kube-apiserver") { Label = "kubernetes" },
        new("kube-proxy", "http", "kube-proxy") { Label = "kube-proxy" },
        new("xrdp", "ms-wbt-server", "xrdp"),
        new("TigerVNC", "vnc", "Xvnc Xtigervnc") { Label = "vnc" },
        new("x11vnc", "vnc", "x11vnc"),
        new("X.Org", "x11", "Xorg Xvfb"),
        new("Minetest", "minetest", "minetestserver luanti"),
    ];

    private static readonly Lazy<Dictionary<string, KnownProgram>> ByProgram = new(() => Index(static p => p.Programs));
    private static readonly Lazy<Dictionary<string, KnownProgram>> ByOther = new(() => Index(static p => $"{p.Programs} {p.Others}"));
    private static readonly Lazy<HashSet<string>> Protocols =
        new(static () => [.. All.SelectMany(static p => $"{p.Protocol} {p.ByPort}".Split(' ')).Where(static w => w.Length > 0)]);

    /// <summary>The server of a program file, or <c>null</c>.</summary>
    public static KnownProgram? OfFile(string path)
    {
        var known = Find(ByProgram.Value, Owners.ProcessName.FileName(path));
        return known?.Folder is { } folder && !path.Contains($"/{folder}/", StringComparison.Ordinal) ? null : known;
    }

    /// <summary>The server of a unit's name without its suffix, or of an image's without its registry and tag; or <c>null</c>.</summary>
    public static KnownProgram? OfName(ReadOnlySpan<char> name) => name.SequenceEqual("ssh") ? Find(ByProgram.Value, "sshd")
        : Find(ByOther.Value, name);

    /// <summary>Whether one of these servers speaks a protocol of that name.</summary>
    public static bool IsProtocol(string name) => Protocols.Value.Contains(name);

    private static KnownProgram? Find(Dictionary<string, KnownProgram> names, ReadOnlySpan<char> name)
    {
        var byName = names.GetAlternateLookup<ReadOnlySpan<char>>();
        return byName.TryGetValue(name, out var known) || byName.TryGetValue(name.TrimEnd("0123456789.").TrimEnd('-'), out known) ? known
            : null;
    }

    private static Dictionary<string, KnownProgram> Index(Func<KnownProgram, string> words)
    {
        var names = new Dictionary<string, KnownProgram>(StringComparer.Ordinal);
        foreach (var known in All)
        {
            foreach (var name in words(known).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                names.TryAdd(name, known);
            }
        }

        return names;
    }
}
