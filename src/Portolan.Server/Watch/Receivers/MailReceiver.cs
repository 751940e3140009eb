using System.Net.Sockets;
using System.Text;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;
using Portolan.Fleet.Broker;
using Portolan.Lab.Topology.Reading;
using Portolan.Server.Watch.Settings;
using Portolan.Watch.Alerts;

namespace Portolan.Server.Watch.Receivers;

/// <summary>
/// E-mail by a server of one's own: STARTTLS, which must succeed, TLS from the start, or, to this machine alone, neither. The same message
/// has the same <c>Message-ID</c>.
/// </summary>
internal sealed class MailReceiver : IAlertReceiver
{
    /// <summary>Its keys in the file.</summary>
    internal static readonly string[] Keys = ["server", "tls", "user", "password-file", "ca-file", "from", "to"];

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly string _host;
    private readonly int _port;
    private readonly SecureSocketOptions _tls;
    private readonly TimeZoneInfo _zone;

    private MailReceiver(
        string host, int port, SecureSocketOptions tls, MailboxAddress from, IReadOnlyList<MailboxAddress> to, TimeZoneInfo zone) =>
        (_host, _port, _tls, From, To, _zone) = (host, port, tls, from, to, zone);

    private MailboxAddress From { get; }

    private IReadOnlyList<MailboxAddress> To { get; }

    private string? User { get; init; }

    private string? Password { get; init; }

    private PinnedAuthority? Authority { get; init; }

    /// <summary>Reads one.</summary>
    internal static IAlertReceiver? Read(MapReader map, ReceiverContext context)
    {
        var faults = context.Faults;
        var server = context.Needed(map, "server", $"write server: mail.example.org:587");
        var (host, port) = server is null ? ("localhost", (int?)null) : ReadServer(server, faults);
        var tls = ReadTls(map, host, port, faults);
        var from = context.Needed(map, "from", $"write from: portolan@example.org") is { } sender ? ReadAddress(sender, faults) : null;
        if (map.Node("to") is not { } list)
        {
            faults.Error(map.Map, "to is missing", $"write to: [admin@example.org]");
            return null;
        }

        var to = MapReader.OneOrMore(list, "to", faults).Select(item => ReadAddress(item, faults)).ToList();
        var (user, password) = (map.Scalar("user"), context.Secret(map, "password-file"));
        if ((user is null) != (map.Node("password-file") is null))
        {
            faults.Error(map.Map, "user and password-file belong together", $"write both, or neither");
        }

        if (to.Count == 0)
        {
            faults.Error(list, "to is empty", $"write to: [admin@example.org]");
        }

        var authority = context.Authority(map, "ca-file");
        return from is null || to.Count == 0 || to.Contains(null) ? null
            : new MailReceiver(
                host, port ?? (tls == SecureSocketOptions.None ? 25 : tls == SecureSocketOptions.SslOnConnect ? 465 : 587), tls, from,
                [.. to.OfType<MailboxAddress>()], context.Zone)
            {
                User = user?.Text,
                Password = password,
                Authority = authority,
            };
    }

    /// <inheritdoc/>
    public async Task SendAsync(AlertMessage message, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Limit);
        try
        {
            using var client = new SmtpClient { Timeout = (int)Limit.TotalMilliseconds, CheckCertificateRevocation = false };
            if (Authority is not null)
            {
                client.ServerCertificateValidationCallback = Authority.Validate;
            }

            await client.ConnectAsync(_host, _port, _tls, limit.Token);
            if (User is not null)
            {
                await client.AuthenticateAsync(User, Password ?? "", limit.Token);
            }

            using var mail = Mail(message);
            await client.SendAsync(mail, limit.Token);

            // It is accepted: what fails from here on changes nothing.
            await QuitAsync(client, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new AlertRefusedException($"{_host} did not answer within {DurationText.Format(Limit)}");
        }
#pragma warning disable CA1031 // Servers fail in a dozen ways of MailKit's own; each of them means that the message is not accepted.
        catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
        {
            throw new AlertRefusedException($"{_host}: {Why(exception)}", inner: exception);
        }
    }

    /// <summary>The message as mail.</summary>
    internal MimeMessage Mail(AlertMessage message)
    {
        var mail = new MimeMessage
        {
            Subject = message.Subject,
            Date = message.At,
            MessageId = $"{message.Id}@{From.Domain}",
            Body = new TextPart("plain") { Text = message.Text(_zone) },
        };
        mail.From.Add(From);
        mail.To.AddRange(To);

        // No holiday notice answers (RFC 3834).
        mail.Headers.Add("Auto-Submitted", "auto-generated");
        return mail;
    }

    private static async Task QuitAsync(SmtpClient client, CancellationToken cancellation)
    {
        try
        {
            await client.DisconnectAsync(quit: true, cancellation);
        }
#pragma warning disable CA1031 // As above: the message is accepted.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }

    private string Why(Exception exception) => exception switch
    {
        SslHandshakeException when _tls == SecureSocketOptions.StartTls || _tls == SecureSocketOptions.SslOnConnect =>
            "no TLS: its certificate is not trusted, or has another name; ca-file names an authority of your own",
        NotSupportedException when _tls == SecureSocketOptions.StartTls =>
            "it has no STARTTLS: write tls: tls if it has TLS from the start",
        AuthenticationException => "it refuses the user or the password",
        SmtpCommandException refusal => $"{(int)refusal.StatusCode} {OneLine(refusal.Message)}",
        SocketException socket => socket.Message,
        _ => OneLine(exception.Message),
    };

    private static string OneLine(string text)
    {
        var line = new StringBuilder(text.Split('\n')[0].Trim());
        line.Length = Math.Min(line.Length, 200);
        return line.ToString().TrimEnd('.');
    }

    private static (string Host, int? Port) ReadServer(TreeScalar server, FaultList faults)
    {
        var text = server.Text;
        if (Uri.CheckHostName(text.Trim('[', ']')) != UriHostNameType.Unknown)
        {
            return (text.Trim('[', ']'), null);
        }

        if (Uri.TryCreate($"smtp://{text}", UriKind.Absolute, out var uri) && uri is { Port: > 0, AbsolutePath: "/" or "", UserInfo: "" })
        {
            return (uri.Host.Trim('[', ']'), uri.Port);
        }

        faults.Error(server, $"{FaultList.Quote(text)} is not HOST or HOST:PORT", $"write server: mail.example.org:587");
        return ("localhost", null);
    }

    private static SecureSocketOptions ReadTls(MapReader map, string host, int? port, FaultList faults)
    {
        if (map.Scalar("tls") is not { } tls)
        {
            return port == 465 ? SecureSocketOptions.SslOnConnect : SecureSocketOptions.StartTls;
        }

        switch (tls.Text)
        {
            case "starttls":
                return SecureSocketOptions.StartTls;
            case "tls":
                return SecureSocketOptions.SslOnConnect;
            case "none":
                if (host != "localhost" && !(Model.InternetAddress.TryParse(host, out var address) && address.IsLoopback))
                {
                    faults.Error(tls, "without TLS mail goes to this machine only", $"write tls: starttls, or server: localhost");
                }

                return SecureSocketOptions.None;
            default:
                faults.Unknown(tls, "tls is no", tls.Text, ["starttls", "tls", "none"]);
                return SecureSocketOptions.StartTls;
        }
    }

    private static MailboxAddress? ReadAddress(TreeScalar item, FaultList faults)
    {
        if (MailboxAddress.TryParse(item.Text, out var address) && address.Domain.Length > 0)
        {
            return address;
        }

        faults.Error(item, $"{FaultList.Quote(item.Text)} is not an address of mail", $"write admin@example.org");
        return null;
    }
}
