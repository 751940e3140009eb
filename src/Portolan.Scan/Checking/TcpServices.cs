namespace Portolan.Scan.Checking;

/// <summary>The schemes of URLs that name a protocol over TCP, with the ports of IANA's registry or of the protocol's own manual.</summary>
public static class TcpServices
{
    private static readonly GreetingForm Smtp = new("SMTP", "220", Greetings.Reply("220", "421", "5"));
    private static readonly GreetingForm Ftp = new("FTP", "220", Greetings.Reply("220", "421", "5"));
    private static readonly GreetingForm Imap = new("IMAP", "* OK", Greetings.Line(["* OK", "* PREAUTH"], ["* BYE"]));
    private static readonly GreetingForm Pop3 = new("POP3", "+OK", Greetings.Line(["+OK"], ["-ERR"]));
    private static readonly GreetingForm Nntp = new("NNTP", "200 or 201", Greetings.Line(["200", "201"], ["4", "5"]));
    private static readonly GreetingForm Ssh = new("SSH", "SSH-2.0", Greetings.Ssh);
    private static readonly GreetingForm MySql = new("MySQL", "a handshake packet", Greetings.MySql);
    private static readonly GreetingForm Rsync = new("rsync", "@RSYNCD:", Greetings.Line(["@RSYNCD:"], ["@ERROR"]));
    private static readonly GreetingForm Vnc = new("VNC", "RFB", Greetings.Line(["RFB 003.", "RFB 004.", "RFB 005."], []));

    /// <summary>All of them.</summary>
    public static IReadOnlyList<TcpService> All { get; } =
    [
        new("smtp", 25, UsesTls: false, Smtp),
        new("smtps", 465, UsesTls: true, Smtp),
        new("submission", 587, UsesTls: false, Smtp),
        new("submissions", 465, UsesTls: true, Smtp),
        new("ssh", 22, UsesTls: false, Ssh),
        new("sftp", 22, UsesTls: false, Ssh),
        new("ftp", 21, UsesTls: false, Ftp),
        new("ftps", 990, UsesTls: true, Ftp),
        new("imap", 143, UsesTls: false, Imap),
        new("imaps", 993, UsesTls: true, Imap),
        new("pop3", 110, UsesTls: false, Pop3),
        new("pop3s", 995, UsesTls: true, Pop3),
        new("nntp", 119, UsesTls: false, Nntp),
        new("nntps", 563, UsesTls: true, Nntp),
        new("mysql", 3306, UsesTls: false, MySql),
        new("mariadb", 3306, UsesTls: false, MySql),
        new("rsync", 873, UsesTls: false, Rsync),
        new("vnc", 5900, UsesTls: false, Vnc),
        new("postgres", 5432, UsesTls: false, Greeting: null),
        new("postgresql", 5432, UsesTls: false, Greeting: null),
        new("redis", 6379, UsesTls: false, Greeting: null),
        new("rediss", 6379, UsesTls: true, Greeting: null),
        new("ldap", 389, UsesTls: false, Greeting: null),
        new("ldaps", 636, UsesTls: true, Greeting: null),
        new("amqp", 5672, UsesTls: false, Greeting: null),
        new("amqps", 5671, UsesTls: true, Greeting: null),
        new("mqtt", 1883, UsesTls: false, Greeting: null),
        new("mqtts", 8883, UsesTls: true, Greeting: null),
        new("mongodb", 27017, UsesTls: false, Greeting: null),
        new("telnet", 23, UsesTls: false, Greeting: null),
        new("git", 9418, UsesTls: false, Greeting: null),
        new("rdp", 3389, UsesTls: false, Greeting: null),
        new("irc", 6667, UsesTls: false, Greeting: null),
        new("ircs", 6697, UsesTls: true, Greeting: null),
    ];

    /// <summary>The same protocol without TLS from the first byte on: <c>smtp</c> for <c>smtps</c>; or <c>null</c>.</summary>
    public static TcpService? WithoutTls(TcpService service) => service.UsesTls ? Find(service.Name[..^1]) : null;

    /// <summary>The same protocol with TLS from the first byte on: <c>smtps</c> for <c>smtp</c>; or <c>null</c>.</summary>
    public static TcpService? WithTls(TcpService service) => service.UsesTls ? null : Find(service.Name + "s");

    /// <summary>The protocol of a scheme in lower case, or <c>null</c>.</summary>
    public static TcpService? Find(string name)
    {
        foreach (var service in All)
        {
            if (service.Name == name)
            {
                return service;
            }
        }

        return null;
    }
}
