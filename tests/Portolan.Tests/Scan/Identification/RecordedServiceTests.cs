using Portolan.Model;
using Portolan.Scan.Identification;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Identification;

/// <summary>What real servers said, replayed in virtual time: on their own port and on others, slowly, cut off, damaged.</summary>
public sealed class RecordedServiceTests
{
    // protocol|product|version|operating system|host name. "-" for silence: nothing tells what it is.
    internal static readonly Dictionary<string, string> Expected = new(StringComparer.Ordinal)
    {
        ["activemq"] = "openwire|Apache ActiveMQ|5.17.2||",
        ["activemq-stomp"] = "stomp|Apache ActiveMQ|||",
        ["adb-by-specification"] = "adb|||Android|",
        ["apache"] = "http|Apache httpd|2.4.68|Debian|",
        ["avahi"] = "mdns||||vm.local",
        ["bacnet-stack"] = "bacnet|BACnet Stack at SourceForge GNU|1.7.0-rc3||",
        ["bacula-dir"] = "bacula-dir|Bacula director|||",
        ["bacula-fd"] = "bacula-fd|Bacula file daemon|||",
        ["bacula-sd"] = "bacula-sd|Bacula storage daemon|||",
        ["bcoin"] = "bitcoin|bcoin|1.0.2||",
        ["beanstalkd"] = "beanstalk|beanstalkd|1.12||vm",
        ["bgpd"] = "tcpwrapped||||",
        ["aria2"] = "http|aria2|1.36.0||",
        ["bind"] = "domain|ISC BIND|9.18.49||",
        ["bind-udp"] = "domain|ISC BIND|9.18.49||",
        ["caddy-quic"] = "quic||||",
        ["cassandra-by-specification"] = "cassandra|Apache Cassandra|||",
        ["chargen"] = "chargen||||",
        ["charon"] = "isakmp||||",
        ["chrony"] = "ntp||||",
        ["clamd"] = "clamd|ClamAV|1.4.6||",
        ["clickhouse"] = "clickhouse|ClickHouse|||",
        ["clickhouse-http"] = "http|ClickHouse|||",
        ["coturn"] = "stun|Coturn|4.6.1||",
        ["coturn-udp"] = "stun|Coturn|4.6.1||",
        ["cups"] = "ipp|CUPS|2.4||",
        ["danted"] = "socks5||||",
        ["daytime"] = "daytime||||",
        ["dictd"] = "dict|dictd|1.13.0|Linux 6.18.44-fc-v657|harbour.example",
        ["distccd"] = "distcc||||",
        ["dnsmasq"] = "domain|dnsmasq|2.90||",
        ["dovecot-imap"] = "imap|Dovecot imapd|||",
        ["dovecot-lmtp"] = "lmtp|Dovecot lmtpd|||",
        ["dovecot-pop3"] = "pop3|Dovecot pop3d|||",
        ["dovecot-sieve"] = "sieve|Dovecot Pigeonhole|||",
        ["echo"] = "echo||||",
        ["epmd"] = "epmd||||",
        ["erlang"] = "erlang-dist||||localhost",
        ["etcd"] = "http|etcd|3.4.23||",
        ["fingerd"] = "finger||||",
        ["frr-vty"] = "telnet|FRRouting|8.4.4||",
        ["ganesha"] = "nfs||||",
        ["gearmand"] = "gearman|gearmand|1.1.20+ds||",
        ["git-daemon"] = "git|git-daemon|||",
        ["gophernicus"] = "gopher|Gophernicus|3.1.1|Debian|",
        ["gpsd"] = "gpsd|gpsd|3.22||",
        ["grpc"] = "http||||",
        ["gst-rtsp"] = "rtsp|GStreamer RTSP server|||",
        ["gunicorn"] = "http|Gunicorn|||",
        ["haproxy-statistics"] = "http|HAProxy|2.6.12-1+deb12u3||",
        ["haproxy"] = "http|nginx|1.22.1||",
        ["icecc-scheduler"] = "-",
        ["influxdb"] = "http|InfluxDB|1.6.7~rc0||",
        ["inetutils-ftpd"] = "ftp|GNU inetutils ftpd|2.4||",
        ["innd"] = "nntp|INN|2.7.1||",
        ["ipmi-sim"] = "asf-rmcp||||",
        ["kafka-by-specification"] = "kafka||||",
        ["kamailio"] = "sip|Kamailio|5.6.3||",
        ["kamailio-udp"] = "sip|Kamailio|5.6.3||",
        ["krb5kdc"] = "kerberos||||",
        ["krb5kdc-udp"] = "kerberos||||",
        ["leafnode"] = "nntp|Leafnode|1.12.0||",
        ["lprng"] = "printer|LPRng|||",
        ["lib60870"] = "iec-104||||",
        ["libcoap"] = "coap||||",
        ["mariadb"] = "mysql|MariaDB|10.11.18||",
        ["memcached"] = "memcached|memcached|1.6.18||",
        ["memcached-udp"] = "memcached|memcached|1.6.18||",
        ["microsocks"] = "socks5||||",
        ["minecraft"] = "minecraft|Minecraft server|1.8.8||",
        ["minetest"] = "minetest|Minetest|||",
        ["minidlna"] = "http|MiniDLNA|1.3.0||",
        ["miniupnpd-ssdp"] = "ssdp|MiniUPnPd|2.3.1|Debian 6.18.44-fc-v657|",
        ["mongodb-by-specification"] = "mongodb|MongoDB|7.0.5||",
        ["mosquitto"] = "mqtt|Mosquitto|2.0.11||",
        ["mpd"] = "mpd|Music Player Daemon|||",
        ["mumble"] = "mumble|Mumble server|1.3.4|Linux|",
        ["munin-node"] = "munin|Munin node|2.0.73||vm",
        ["nats"] = "nats|NATS Server|2.9.10||",
        ["nbd-server"] = "nbd||||",
        ["nghttpd"] = "http||||",
        ["nginx"] = "http|nginx|1.22.1||",
        ["nginx-rtmp"] = "rtmp||||",
        ["ngircd"] = "irc||||irc.example",
        ["nmbd"] = "netbios-ns||||FILESRV",
        ["nrpe"] = "nrpe|NRPE|4.1.0||",
        ["ntpsec"] = "ntp|NTPsec|1.2.2|Linux 6.18.44-fc-v657|",
        ["nut"] = "nut|Network UPS Tools upsd|2.8.0||",
        ["oidentd"] = "ident||||",
        ["opendkim"] = "milter||||",
        ["openldap"] = "ldap|OpenLDAP|||",
        ["openssh"] = "ssh|OpenSSH|9.2p1|Debian|",
        ["openssh-socks"] = "socks5||||",
        ["openssl-dtls"] = "dtls||||",
        ["oracle-by-specification"] = "oracle-tns|Oracle TNS listener|19.0.0.0.0||",
        ["pgbouncer"] = "postgresql|PgBouncer|||",
        ["php-fpm"] = "fastcgi||||",
        ["postfix"] = "smtp|Postfix smtpd|||mail.example",
        ["postgresql"] = "postgresql|PostgreSQL|||",
        ["privoxy"] = "http-proxy|Privoxy|||",
        ["pptpd"] = "pptp||||local",
        ["prometheus"] = "http|Prometheus|2.42.0+ds||",
        ["prosody"] = "xmpp-client||||127.0.0.1",
        ["pymodbus"] = "mbap|Pymodbus PM|3.0.0||",
        ["python-http"] = "http|Python http.server|3.11.2||",
        ["python-snap7"] = "iso-tsap|6ES7 315-2EH14-0AB0|||",
        ["rabbitmq"] = "amqp|RabbitMQ|3.10.8||",
        ["rabbitmq-stomp"] = "stomp||||",
        ["redis"] = "redis|Redis|7.0.15|Linux 6.18.44-fc-v657 x86_64|",
        ["redis-sentinel"] = "redis|Redis Sentinel|7.0.15|Linux 6.18.44-fc-v657 x86_64|",
        ["rmiregistry"] = "java-rmi||||",
        ["rpcbind"] = "sunrpc||||",
        ["rpcbind-udp"] = "sunrpc||||",
        ["rsync"] = "rsync|rsync|||",
        ["rsyslog"] = "-",
        ["samba"] = "microsoft-ds|Samba smbd|||VM",
        ["samba-epmapper"] = "msrpc||||",
        ["samba-netbios"] = "netbios-ssn|Samba smbd|||VM",
        ["samba-rpc"] = "msrpc||||",
        ["samba-smb1"] = "microsoft-ds|Samba smbd|4.17.12||harbour.example",
        ["smux"] = "smux||||",
        ["snmpd"] = "snmp|net-snmp|||",
        ["sqlserver-by-specification"] = "ms-sql-s|Microsoft SQL Server 2022|16.0.4085||",
        ["spamd"] = "spamd|SpamAssassin spamd|||",
        ["squid"] = "http-proxy|Squid|5.7||",
        ["svnserve"] = "svn||||",
        ["telnetd"] = "telnet||||",
        ["tftpd-hpa"] = "tftp||||",
        ["tgtd"] = "iscsi-target||||",
        ["time"] = "time||||",
        ["tinyproxy"] = "http-proxy|Tinyproxy|1.11.1||",
        ["tomcat-ajp"] = "ajp13||||",
        ["tor"] = "socks5|Tor|||",
        ["transmission"] = "http|Transmission|||",
        ["twisted-ftp"] = "ftp|Twisted ftpd|22.4.0||",
        ["twisted-pop3"] = "pop3||||",
        ["twisted-smtp"] = "-",
        ["uwsgi"] = "uwsgi||||",
        ["varnish"] = "http|Varnish|7.1||",
        ["varnish-cli"] = "varnish-cli|Varnish|||",
        ["vsftpd"] = "ftp|vsftpd|3.0.3||",
        ["vtysh"] = "telnet||||",
        ["whois-by-specification"] = "nicname||||",
        ["windows-rdp-by-specification"] = "ms-wbt-server||||",
        ["ws"] = "websocket||||",
        ["wsdd2"] = "ws-discovery||||",
        ["xdm"] = "xdmcp||||vm",
        ["xrdp"] = "ms-wbt-server||||",
        ["xvfb"] = "x11|X.Org|21.1.7||",
        ["zabbix-agent"] = "zabbix-agent|Zabbix agent|6.0.14||",
        ["zookeeper"] = "zookeeper|Apache ZooKeeper|3.8.0||",
        ["asyncua"] = "opcua-tcp||||",
        ["opener"] = "ethernet-ip-2|OpENer PC|2.3||",
        ["opener-udp"] = "ethernet-ip-2|OpENer PC|2.3||",
        ["openvpn-udp"] = "openvpn|OpenVPN|||",
        ["samba-cldap"] = "ldap|Samba|4.17.12||dc1.example.test",
    };

    private static readonly ushort[] ForeignPorts = [4567, 60001, 80, 22];

    public static TheoryData<string> Names => [.. RecordedService.All()];

    [Theory]
    [MemberData(nameof(Names))]
    public void Is_known_on_its_own_port(string name)
    {
        Assert.True(Expected.ContainsKey(name), $"{name} has no line of what is expected of it");
        var service = RecordedService.Read(name);
        var isPrinters = IdentifySettings.PrinterPorts.Contains(new PortNumber(service.Port));
        var settings = new IdentifySettings { AllPorts = isPrinters };
        Assert.Equal(Expected[name], Describe(service.Ask(service.Port, settings: settings)));
        Assert.True(!isPrinters || service.Ask(service.Port) is { Outcome: ServiceOutcome.NotAsked, Service: null }, name);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Is_known_or_unknown_on_other_ports(string name)
    {
        var service = RecordedService.Read(name);
        foreach (var port in ForeignPorts)
        {
            AssertRightOrUnknown(name, service.Ask(port), $"port {port}");
        }
    }

    [Trait("Quick", "no")]
    [Theory]
    [MemberData(nameof(Names))]
    public void Is_known_or_unknown_byte_by_byte(string name)
    {
        var service = RecordedService.Read(name);
        foreach (var milliseconds in (int[])[20, 1000])
        {
            var network = new RecordedNetwork { ByteInterval = TimeSpan.FromMilliseconds(milliseconds) };
            AssertRightOrUnknown(name, service.Ask(service.Port, network), $"a byte each {milliseconds} ms");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Is_known_or_unknown_when_it_hangs_up(string name)
    {
        var service = RecordedService.Read(name);
        foreach (var length in (int[])[1, 2, 3, 4, 5, 8, 12, 20, 40, 100])
        {
            AssertRightOrUnknown(name, service.Ask(service.Port, new RecordedNetwork { CutAfter = length }), $"cut after {length} bytes");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_reply_is_certain_to_nobody_else(string name)
    {
        var service = RecordedService.Read(name);
        var expected = Expected[name].Split('|')[0];
        foreach (var (asked, bytes) in service.Replies)
        {
            var last = asked.Split(" > ")[^1];
            var probe = ServiceCatalog.Of(service.Protocol).SelectMany(static p => p.FollowUps.Append(p.Opening)).FirstOrDefault(
                p => p?.Name == last);
            var question = probe is null ? default : probe.BytesFor(service.Target(service.Port));
            foreach (var protocol in ServiceCatalog.Of(service.Protocol).OrderByDescending(static p => p.ReadsFirst))
            {
                var reading = protocol.Read(new ServiceReply(bytes, probe, isEnded: true) { Question = question.Span });
                if (reading.Match == ReplyMatch.Certain && protocol.ReadsFirst)
                {
                    Assert.Equal(expected, reading.Service!.Protocol);
                    break;
                }

                Assert.False(
                    reading.Match == ReplyMatch.Certain && !IsSameProtocol(reading.Service!.Protocol, expected),
                    $"{protocol.Name} takes {name}'s reply to \"{asked}\" for its own");
            }
        }
    }

    [Fact]
    public void Damaged_replies_break_nothing()
    {
        var services = RecordedService.All().Select(RecordedService.Read).ToArray();
        Fuzz.Run(400, (random, _) =>
        {
            var service = services[random.Next(services.Length)];
            foreach (var (asked, bytes) in service.Replies)
            {
                var damaged = Fuzz.Damage(random, bytes);
                var probe = ServiceCatalog.Of(service.Protocol).Select(static p => p.Opening).FirstOrDefault(p => p?.Name == asked);
                foreach (var protocol in ServiceCatalog.Of(service.Protocol))
                {
                    var reading = protocol.Read(new ServiceReply(damaged, probe, isEnded: random.Next(2) == 0));
                    Assert.True(reading.Service is null || IsPrintable(reading.Service), $"{protocol.Name}: {reading.Service}");
                }
            }
        });
    }

    [Fact]
    public void A_message_without_length_breaks_nothing() => Assert.All(
        ServiceCatalog.Tcp,
        static protocol =>
            Assert.NotEqual(
                ReplyMatch.Certain, protocol.Read(new ServiceReply("E\0\0\0\0SFATAL\0VFATAL\0C0A000\0"u8, null, isEnded: true)).Match));

    [Trait("Quick", "no")]
    [Fact]
    public void Garbage_is_nobodys_word()
    {
        Fuzz.Run(300, (random, _) =>
        {
            var garbage = new byte[random.Next(1, 400)];
            random.NextBytes(garbage);
            foreach (var transport in (TransportProtocol[])[TransportProtocol.Tcp, TransportProtocol.Udp])
            {
                foreach (var asked in ServiceCatalog.Of(transport).Select(static p => p.Opening).Append(null))
                {
                    foreach (var protocol in ServiceCatalog.Of(transport))
                    {
                        var reading = protocol.Read(new ServiceReply(garbage, asked, isEnded: true));
                        Assert.False(
                            reading.Match == ReplyMatch.Certain, $"{protocol.Name} takes {Convert.ToHexString(garbage)} for its own");
                    }
                }
            }
        });
    }

    // mountd and its like answer as any RPC program does; an XMPP server's two streams are one protocol.
    private static bool IsSameProtocol(string found, string expected) =>
        found == expected
            || (found == "http"
                && expected is "ipp" or "docker" or "http-proxy" or "websocket" or "clickhouse" or "mongodb" or "rtsp" or "uwsgi")
                || (found == "netbios-ssn" && expected == "microsoft-ds") || (found == "sunrpc" && expected is "nfs" or "sunrpc")
                || (found == "microsoft-ds" && expected == "netbios-ssn")
                || (found.StartsWith("xmpp-", StringComparison.Ordinal) && expected.StartsWith("xmpp-", StringComparison.Ordinal));

    internal static void AssertRightOrUnknown(string name, ServiceAnswer answer, string how)
    {
        if (answer.Service is null or { Protocol: "tcpwrapped" or "ssl" })
        {
            return;
        }

        // HAProxy passes on what the server behind it says, and refuses what is no HTTP in its own words.
        if (name == "haproxy" && answer.Service is { Protocol: "http", Product: "HAProxy", Version: null })
        {
            return;
        }

        var (found, expected) = (Describe(answer).Split('|'), Expected[name].Split('|'));
        Assert.True(IsSameProtocol(found[0], expected[0]), $"{name} ({how}): {Describe(answer)}");
        for (var i = 1; i < found.Length; i++)
        {
            Assert.True(found[i] == expected[i] || found[i].Length == 0, $"{name} ({how}): {Describe(answer)}");
        }
    }

    private static bool IsPrintable(IdentifiedService service) =>
        ((string?[])[service.Product, service.Version, service.Info, service.OperatingSystem, service.HostName]).All(static text =>
            text is null || (text.Length is > 0 and <= 4 * IdentifiedService.MaxTextLength && !text.Any(char.IsControl)));

    internal static string Describe(ServiceAnswer answer) =>
        answer.Service is { } s ? $"{s.Protocol}|{s.Product}|{s.Version}|{s.OperatingSystem}|{s.HostName}" : "-";
}
