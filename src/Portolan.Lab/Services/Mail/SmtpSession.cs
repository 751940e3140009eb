using Portolan.Lab.Services.Tls;

namespace Portolan.Lab.Services.Mail;

/// <summary>One client of a mail server.</summary>
internal sealed partial class SmtpSession(Stream stream, ServiceCall call, bool isSubmission)
{
    private const int MaxRecipients = 100;
    private const int MaxErrors = 20;

    private readonly LineTalk _talk = new(stream);
    private readonly UserList _users = UserList.Of(call);
    private readonly long _maxSize = call.Number("size", 10 << 20);
    private readonly List<string> _recipients = [];
    private LabTlsStream? _tls;
    private string? _greeting;
    private string? _user;
    private string? _sender;
    private int _errors;

    private bool IsSecure => _tls is not null || stream is LabTlsStream;

    private bool OffersTls => !IsSecure && call.Flag("starttls", usual: true);

    private string HostName => $"{call.Host.Name}.{call.Host.Directory.Domain}";

    /// <summary>Speaks until either is done.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var secured = new Ending(this);
        _talk.WriteLine($"220 {HostName} {LineTalk.Text(call.Setting("banner", "ESMTP Postfix (Debian/GNU)"))}");
        while (_errors < MaxErrors)
        {
            var line = await _talk.ReadLineAsync(cancellationToken);
            if (line.Kind == LineKind.End)
            {
                return;
            }

            if (line.Kind == LineKind.TooLong)
            {
                Fail("500 5.5.2 line too long");
            }
            else if (!await DoAsync(line.Text, cancellationToken))
            {
                await _talk.FlushAsync(cancellationToken);
                return;
            }
        }

        _talk.WriteLine("421 4.7.0 too many errors");
        await _talk.FlushAsync(cancellationToken);
    }

    /// <summary>Does a command.</summary>
    /// <returns>False when it was the last.</returns>
    private async Task<bool> DoAsync(string line, CancellationToken cancellationToken)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        var (verb, rest) = space < 0 ? (line, "") : (line[..space], line[(space + 1)..].Trim());
        switch (verb.ToUpperInvariant())
        {
            case "EHLO":
                Hello(rest, isExtended: true);
                break;
            case "HELO":
                Hello(rest, isExtended: false);
                break;
            case "STARTTLS" when OffersTls:
                return await SecureAsync(cancellationToken);
            case "AUTH":
                await AuthenticateAsync(rest, cancellationToken);
                break;
            case "MAIL":
                Mail(rest);
                break;
            case "RCPT":
                Recipient(rest);
                break;
            case "DATA":
                await DataAsync(cancellationToken);
                break;
            case "RSET":
                Reset();
                _talk.WriteLine("250 2.0.0 forgotten");
                break;
            case "NOOP":
                _talk.WriteLine("250 2.0.0 still here");
                break;
            case "VRFY":
                _talk.WriteLine("252 2.5.2 send some mail, and see");
                break;
            case "HELP":
                _talk.WriteLine("214 2.0.0 EHLO HELO STARTTLS AUTH MAIL RCPT DATA RSET NOOP VRFY QUIT");
                break;
            case "QUIT":
                _talk.WriteLine($"221 2.0.0 {HostName} closes");
                return false;
            default:
                Fail("500 5.5.1 no such command");
                break;
        }

        return true;
    }

    private void Hello(string name, bool isExtended)
    {
        if (name.Length == 0)
        {
            Fail("501 5.5.4 say who you are");
            return;
        }

        Reset();
        _greeting = name;
        if (!isExtended)
        {
            _talk.WriteLine($"250 {HostName}");
            return;
        }

        _talk.WriteLine($"250-{HostName} greets {Visible(name)}");
        foreach (var extension in (string[])[
            "PIPELINING", "8BITMIME", $"SIZE {_maxSize}", .. OffersTls ? ["STARTTLS"] : Array.Empty<string>(), "AUTH PLAIN LOGIN"])
        {
            _talk.WriteLine($"250-{extension}");
        }

        _talk.WriteLine("250 ENHANCEDSTATUSCODES");
    }

    private async Task<bool> SecureAsync(CancellationToken cancellationToken)
    {
        _talk.WriteLine("220 2.0.0 begin");
        await _talk.FlushAsync(cancellationToken);
        _tls = await LabTlsStream.AcceptAsync(stream, call, null, cancellationToken);
        if (_tls is null)
        {
            return false;
        }

        // All that was said before is forgotten (RFC 3207 section 4.2).
        _talk.Upgrade(_tls);
        (_greeting, _user) = (null, null);
        Reset();
        return true;
    }

    private static string Visible(string text) => new([.. text.Select(static c => char.IsControl(c) ? '?' : c)]);

    private void Fail(string answer)
    {
        _errors++;
        _talk.WriteLine(answer);
    }

    private void Reset()
    {
        _sender = null;
        _recipients.Clear();
    }

    /// <summary>Says goodbye to TLS that began on the way.</summary>
    private sealed class Ending(SmtpSession session) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => session._tls is { } tls ? tls.EndAsync() : default;
    }
}
