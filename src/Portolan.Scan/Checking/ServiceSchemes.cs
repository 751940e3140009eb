using Portolan.Model;

namespace Portolan.Scan.Checking;

/// <summary>
/// The schemes of URLs that name a protocol, with the ports of IANA's registry or of the protocol's own manual. Protocols whose bytes may
/// stop a machine, or are printed, have none.
/// </summary>
public static class ServiceSchemes
{
    private static readonly GreetingForm Smtp = new("220", Greetings.Reply("220", "421", "5"));
    private static readonly GreetingForm Ftp = new("220", Greetings.Reply("220", "421", "5"));
    private static readonly GreetingForm Imap = new("* OK", Greetings.Line(["* OK", "* PREAUTH"], ["* BYE"]));
    private static readonly GreetingForm Pop3 = new("+OK", Greetings.Line(["+OK"], ["-ERR"]));
    private static readonly GreetingForm Nntp = new("200 or 201", Greetings.Line(["200", "201"], ["4", "5"]));
    private static readonly GreetingForm Ssh = new("SSH-2.0", Greetings.Ssh);
    private static readonly GreetingForm MySql = new("a handshake packet", Greetings.MySql);
    private static readonly GreetingForm Rsync = new("@RSYNCD:", Greetings.Line(["@RSYNCD:"], ["@ERROR"]));
    private static readonly GreetingForm Vnc = new("RFB", Greetings.Line(["RFB 003.", "RFB 004.", "RFB 005."], []));

    private static readonly string[] RedisRefusals = ["ERR max number of clients", "LOADING", "DENIED", "protected mode"];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ServiceScheme> All { get; } =
    [
        new("smtp", "SMTP", "smtp", 25) { Greeting = Smtp },
        new("smtps", "SMTP", "smtp", 465) { UsesTls = true, Greeting = Smtp },
        new("submission", "SMTP", "smtp", 587) { Greeting = Smtp },
        new("submissions", "SMTP", "smtp", 465) { UsesTls = true, Greeting = Smtp },
        new("ssh", "SSH", "ssh", 22) { Greeting = Ssh },
        new("sftp", "SSH", "ssh", 22) { Greeting = Ssh },
        new("ftp", "FTP", "ftp", 21) { Greeting = Ftp },
        new("ftps", "FTP", "ftp", 990) { UsesTls = true, Greeting = Ftp },
        new("imap", "IMAP", "imap", 143) { Greeting = Imap },
        new("imaps", "IMAP", "imap", 993) { UsesTls = true, Greeting = Imap },
        new("pop3", "POP3", "pop3", 110) { Greeting = Pop3 },
        new("pop3s", "POP3", "pop3", 995) { UsesTls = true, Greeting = Pop3 },
        new("nntp", "NNTP", "nntp", 119) { Greeting = Nntp },
        new("nntps", "NNTP", "nntp", 563) { UsesTls = true, Greeting = Nntp },
        new("mysql", "MySQL", "mysql", 3306) { Greeting = MySql },
        new("mariadb", "MySQL", "mysql", 3306) { Greeting = MySql },
        new("rsync", "rsync", "rsync", 873) { Greeting = Rsync },
        new("vnc", "VNC", "vnc", 5900) { Greeting = Vnc },
        new("telnet", "Telnet", "telnet", 23),
        new("memcached", "memcached", "memcached", 11211),
        new("postgres", "PostgreSQL", "postgresql", 5432),
        new("postgresql", "PostgreSQL", "postgresql", 5432),
        new("redis", "Redis", "redis", 6379) { Refusals = RedisRefusals },
        new("rediss", "Redis", "redis", 6379) { UsesTls = true, Refusals = RedisRefusals },
        new("ldap", "LDAP", "ldap", 389),
        new("ldaps", "LDAP", "ldap", 636) { UsesTls = true },
        new("amqp", "AMQP", "amqp", 5672),
        new("amqps", "AMQP", "amqp", 5671) { UsesTls = true },
        new("mqtt", "MQTT", "mqtt", 1883),
        new("mqtts", "MQTT", "mqtt", 8883) { UsesTls = true },
        new("mongodb", "MongoDB", "mongodb", 27017),
        new("cassandra", "Cassandra", "cassandra", 9042),
        new("clickhouse", "ClickHouse", "clickhouse", 9000),
        new("oracle", "Oracle", "oracle-tns", 1521),
        new("mssql", "SQL Server", "ms-sql-s", 1433),
        new("sqlserver", "SQL Server", "ms-sql-s", 1433),
        new("kafka", "Kafka", "kafka", 9092),
        new("nats", "NATS", "nats", 4222),
        new("stomp", "STOMP", "stomp", 61613),
        new("stomps", "STOMP", "stomp", 61614) { UsesTls = true },
        new("openwire", "OpenWire", "openwire", 61616),
        new("zookeeper", "ZooKeeper", "zookeeper", 2181),
        new("beanstalk", "beanstalkd", "beanstalk", 11300),
        new("gearman", "Gearman", "gearman", 4730),
        new("irc", "IRC", "irc", 6667),
        new("ircs", "IRC", "irc", 6697) { UsesTls = true },
        new("xmpp", "XMPP", "xmpp-client", 5222),
        new("xmpps", "XMPP", "xmpp-client", 5223) { UsesTls = true },
        new("sip", "SIP", "sip", 5060) { Transport = TransportProtocol.Udp },
        new("sips", "SIP", "sip", 5061) { UsesTls = true },
        new("rtsp", "RTSP", "rtsp", 554),
        new("rtsps", "RTSP", "rtsp", 322) { UsesTls = true },
        new("rtmp", "RTMP", "rtmp", 1935),
        new("stun", "STUN", "stun", 3478) { Transport = TransportProtocol.Udp },
        new("stuns", "STUN", "stun", 5349) { UsesTls = true },
        new("lmtp", "LMTP", "lmtp", 24),
        new("sieve", "ManageSieve", "sieve", 4190),
        new("smb", "SMB", "microsoft-ds", 445),
        new("rpc", "ONC RPC", "sunrpc", 111),
        new("kerberos", "Kerberos", "kerberos", 88),
        new("rdp", "RDP", "ms-wbt-server", 3389),
        new("x11", "X11", "x11", 6000),
        new("socks5", "SOCKS 5", "socks5", 1080),
        new("socks4", "SOCKS 4", "socks4", 1080),
        new("git", "Git", "git", 9418),
        new("svn", "Subversion", "svn", 3690),
        new("iscsi", "iSCSI", "iscsi-target", 3260),
        new("nbd", "NBD", "nbd", 10809),
        new("ajp", "AJP", "ajp13", 8009),
        new("fastcgi", "FastCGI", "fastcgi", 9000),
        new("uwsgi", "uWSGI", "uwsgi", 3031),
        new("epmd", "EPMD", "epmd", 4369),
        new("rmi", "Java RMI", "java-rmi", 1099),
        new("zabbix", "Zabbix agent", "zabbix-agent", 10050),
        new("nrpe", "NRPE", "nrpe", 5666) { UsesTls = true },
        new("munin", "Munin", "munin", 4949),
        new("nut", "NUT", "nut", 3493),
        new("clamd", "clamd", "clamd", 3310),
        new("spamd", "spamd", "spamd", 783),
        new("distcc", "distcc", "distcc", 3632),
        new("mpd", "MPD", "mpd", 6600),
        new("gpsd", "gpsd", "gpsd", 2947),
        new("minecraft", "Minecraft", "minecraft", 25565),
        new("mumble", "Mumble", "mumble", 64738) { UsesTls = true },
        new("gopher", "Gopher", "gopher", 70),
        new("gemini", "Gemini", "gemini", 1965) { UsesTls = true },
        new("finger", "Finger", "finger", 79),
        new("whois", "Whois", "nicname", 43),
        new("dict", "DICT", "dict", 2628),
        new("ident", "Ident", "ident", 113),
        new("ntp", "NTP", "ntp", 123) { Transport = TransportProtocol.Udp },
        new("snmp", "SNMP", "snmp", 161) { Transport = TransportProtocol.Udp },
        new("tftp", "TFTP", "tftp", 69) { Transport = TransportProtocol.Udp },
        new("coap", "CoAP", "coap", 5683) { Transport = TransportProtocol.Udp },
        new("ike", "IKE", "isakmp", 500) { Transport = TransportProtocol.Udp },
        new("openvpn", "OpenVPN", "openvpn", 1194) { Transport = TransportProtocol.Udp },
        new("ipmi", "IPMI", "asf-rmcp", 623) { Transport = TransportProtocol.Udp },
    ];

    /// <summary>All names, and those of checks without a protocol of their own.</summary>
    public static IReadOnlyList<string> Names { get; } = ["http", "https", "tcp", "udp", "tls", "dns", .. All.Select(static s => s.Name)];

    /// <summary>The same protocol without TLS from the first byte on: <c>smtp</c> for <c>smtps</c>; or <c>null</c>.</summary>
    public static ServiceScheme? WithoutTls(ServiceScheme service) => service.UsesTls ? Find(service.Name[..^1]) : null;

    /// <summary>The same protocol with TLS from the first byte on: <c>smtps</c> for <c>smtp</c>; or <c>null</c>.</summary>
    public static ServiceScheme? WithTls(ServiceScheme service) =>
        !service.UsesTls && Find(service.Name + "s") is { UsesTls: true } secure ? secure : null;

    /// <summary>The protocol of a scheme in lower case, or <c>null</c>.</summary>
    public static ServiceScheme? Find(string name) => All.FirstOrDefault(service => service.Name == name);

    /// <summary>The name of a protocol of the catalog in sentences: <c>Redis</c>, <c>HTTP</c>; its own where it has none here.</summary>
    public static string LabelOf(string protocol) => protocol switch
    {
        "http" => "HTTP",
        "domain" => "DNS",
        "ssl" => "TLS",
        _ => All.FirstOrDefault(service => service.Protocol == protocol)?.Label ?? protocol,
    };

    /// <summary>The scheme in clear that names a protocol of the catalog: <c>http</c>, <c>redis</c>; <c>null</c> for none.</summary>
    public static string? SchemeOf(string protocol) =>
        protocol == "http" ? "http" : All.FirstOrDefault(service => service.Protocol == protocol && !service.UsesTls)?.Name;
}
