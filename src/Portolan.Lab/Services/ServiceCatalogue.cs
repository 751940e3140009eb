using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using Portolan.Lab.Services.Chat;
using Portolan.Lab.Services.Clock;
using Portolan.Lab.Services.Data;
using Portolan.Lab.Services.Dhcp;
using Portolan.Lab.Services.Dns;
using Portolan.Lab.Services.Ftp;
using Portolan.Lab.Services.Mail;
using Portolan.Lab.Services.Management;
using Portolan.Lab.Services.News;
using Portolan.Lab.Services.Remote;
using Portolan.Lab.Services.Small;
using Portolan.Lab.Services.Tls;
using Portolan.Lab.Services.Web;

namespace Portolan.Lab.Services;

/// <summary>All services there are.</summary>
public static class ServiceCatalogue
{
    private static readonly HttpService Http = new();
    private static readonly ImapService Imap = new();
    private static readonly IrcService Irc = new();
    private static readonly Pop3Service Pop3 = new();
    private static readonly SmtpService Submission = new("submission", 587, isSubmission: true);

    private static readonly ILabService[] Services =
    [
        new ChargenService(),
        new DaytimeService(),
        new DhcpService(),
        new DiscardService(),
        new DnsService(),
        new EchoService(),
        new FingerService(),
        new FtpService(),
        Http,
        new TlsService("https", 443, Http, SslApplicationProtocol.Http11),
        Imap,
        new TlsService("imaps", 993, Imap),
        Irc,
        new TlsService("ircs", 6697, Irc),
        new MuteService(),
        new MysqlService(),
        new NntpService(),
        new NtpService(),
        Pop3,
        new TlsService("pop3s", 995, Pop3),
        new PostgresService(),
        new QotdService(),
        new RedisService(),
        new SmtpService("smtp", 25, isSubmission: false),
        new TlsService("smtps", 465, Submission),
        new SnmpService(),
        new SshService(),
        Submission,
        new TelnetService(),
        new TimeService(),
    ];

    /// <summary>All of them, by name.</summary>
    public static IReadOnlyList<ILabService> All => Services;

    /// <summary>Finds one by its name.</summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out ILabService? service)
    {
        service = Array.Find(Services, s => s.Name == name);
        return service is not null;
    }

    /// <summary>The service that is usual on a port; <c>null</c> when none is.</summary>
    public static ILabService? UsualOn(TransportProtocol protocol, PortNumber port) => Array.Find(
        Services, s => s.UsualPort == port && (protocol == TransportProtocol.Tcp ? s is IStreamService : s is IDatagramService));
}
