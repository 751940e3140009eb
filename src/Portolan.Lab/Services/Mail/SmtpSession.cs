using System.Globalization;
using System.Net;
using Portolan.Lab.Services.Tls;

namespace Portolan.Lab.Services.Mail;

/// <summary>One client of a mail server.</summary>
internal sealed class SmtpSession(Stream stream, ServiceCall call, bool isSubmission)
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
        _talk.WriteLine($"220 {HostName} {LineTalk.Text(call.Setting("banner", "ESMTP Portolan"))}");
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
        foreach (var extension in (string[])["PIPELINING", "8BITMIME", $"SIZE {_maxSize}", .. OffersTls ? ["STARTTLS"] : Array.Empty<string>(), "AUTH PLAIN LOGIN"])
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

    private async Task AuthenticateAsync(string rest, CancellationToken cancellationToken)
    {
        var words = rest.Split(' ', 2);
        var (user, password) = ("", "");
        var ok = false;
        if (_user is not null || _sender is not null)
        {
            Fail("503 5.5.1 not now");
            return;
        }

        switch (words[0].ToUpperInvariant())
        {
            case "PLAIN":
                ok = await AskAsync("", words, cancellationToken) is { } plain && Sasl.TryReadPlain(plain, out user, out password);
                break;
            case "LOGIN":
                // "Username:" and "Password:" in base64.
                ok = await AskAsync("VXNlcm5hbWU6", words, cancellationToken) is { } name && Sasl.TryDecode(name, out user)
                    && await AskAsync("UGFzc3dvcmQ6", [], cancellationToken) is { } secret && Sasl.TryDecode(secret, out password);
                break;
            default:
                Fail("504 5.5.4 PLAIN or LOGIN");
                return;
        }

        if (!ok)
        {
            Fail("501 5.5.2 that is no answer");
        }
        else if (_users.Allows(user, password))
        {
            _user = user;
            _talk.WriteLine("235 2.7.0 welcome");
        }
        else
        {
            Fail("535 5.7.8 wrong name or password");
        }
    }

    // The first answer may stand behind the command; "*" gives up (RFC 4954 section 4).
    private async Task<string?> AskAsync(string question, string[] words, CancellationToken cancellationToken)
    {
        if (words.Length > 1)
        {
            return words[1];
        }

        _talk.WriteLine($"334 {question}");
        var line = await _talk.ReadLineAsync(cancellationToken);
        return line.Kind == LineKind.Line && line.Text != "*" ? line.Text : null;
    }

    private void Mail(string rest)
    {
        if (_greeting is null)
        {
            Fail("503 5.5.1 say EHLO first");
        }
        else if (isSubmission && _user is null)
        {
            Fail("530 5.7.0 log in first");
        }
        else if (_sender is not null)
        {
            Fail("503 5.5.1 one at a time");
        }
        else if (!TryPath(rest, "FROM:", out var path, out var parameters))
        {
            Fail("501 5.5.4 MAIL FROM:<address>");
        }
        else if (parameters.Select(static p => p.Split('=')).Any(p => p[0].Equals("SIZE", StringComparison.OrdinalIgnoreCase) && p.Length == 2
            && long.TryParse(p[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size > _maxSize))
        {
            Fail("552 5.3.4 too large");
        }
        else
        {
            _sender = path;
            _talk.WriteLine("250 2.1.0 go on");
        }
    }

    private void Recipient(string rest)
    {
        if (_sender is null)
        {
            Fail("503 5.5.1 MAIL first");
        }
        else if (!TryPath(rest, "TO:", out var path, out _) || path.Length == 0)
        {
            Fail("501 5.5.4 RCPT TO:<address>");
        }
        else if (_recipients.Count >= MaxRecipients)
        {
            Fail("452 4.5.3 too many recipients");
        }
        else
        {
            var at = path.LastIndexOf('@');
            var user = at < 0 ? path : path[..at];
            if (at >= 0 && !IsOwn(path[(at + 1)..]))
            {
                Fail("550 5.7.1 not for this host, which passes nothing on");
            }
            else if (!_users.Names.Contains(user) && !user.Equals("postmaster", StringComparison.OrdinalIgnoreCase))
            {
                Fail("550 5.1.1 no such user");
            }
            else
            {
                _recipients.Add(user.Equals("postmaster", StringComparison.OrdinalIgnoreCase) ? "postmaster" : user);
                _talk.WriteLine("250 2.1.5 go on");
            }
        }
    }

    private async Task DataAsync(CancellationToken cancellationToken)
    {
        if (_recipients.Count == 0)
        {
            Fail("503 5.5.1 RCPT first");
            return;
        }

        _talk.WriteLine("354 end with a line that is a dot");
        var content = new System.Text.StringBuilder(Received());
        var head = content.Length;
        var isBroken = false;
        while (true)
        {
            var line = await _talk.ReadLineAsync(cancellationToken);
            if (line is { Kind: LineKind.Line, Text: "." })
            {
                break;
            }

            if (line.Kind == LineKind.End)
            {
                return;
            }

            isBroken |= line.Kind == LineKind.TooLong;
            if (content.Length - head <= _maxSize)
            {
                // A dot that leads a line was doubled (RFC 5321 section 4.5.2).
                content.Append(line.Text.StartsWith('.') ? line.Text[1..] : line.Text).Append("\r\n");
            }
        }

        var bytes = System.Text.Encoding.Latin1.GetBytes(content.ToString());
        var store = MailStore.Of(call.Host);
        var answer = isBroken ? "554 5.6.0 a line is too long"
            : content.Length - head > _maxSize ? "552 5.3.4 too large"
            : _recipients.Distinct().All(r => store.Box(r).TryAdd(bytes, call.Host.Time.GetUtcNow())) ? "250 2.0.0 it is here"
            : "452 4.2.2 a mailbox is full";
        _talk.WriteLine(answer);
        Reset();
    }

    // RFC 5321 section 4.4.
    private string Received() =>
        $"Return-Path: <{_sender}>\r\nReceived: from {_greeting} ([{call.Remote.Address}])\r\n\tby {HostName} with {(IsSecure ? "ESMTPS" : "ESMTP")};\r\n\t"
        + call.Host.Time.GetUtcNow().ToString("ddd, d MMM yyyy HH:mm:ss", CultureInfo.InvariantCulture) + " +0000\r\n";

    private bool IsOwn(string domain)
    {
        var directory = call.Host.Directory;
        if (domain.StartsWith('[') && domain.EndsWith(']'))
        {
            var literal = domain[1..^1];
            return IPAddress.TryParse(literal.StartsWith("IPv6:", StringComparison.OrdinalIgnoreCase) ? literal[5..] : literal, out var address) && address.Equals(call.Local.Address);
        }

        return domain.Equals(directory.Domain, StringComparison.OrdinalIgnoreCase)
            || domain.Equals(call.Host.Name, StringComparison.OrdinalIgnoreCase)
            || domain.Equals(HostName, StringComparison.OrdinalIgnoreCase)
            || directory.Find(domain).Contains(InternetAddress.From(call.Local.Address))
            || call.Setting("domains", "").Split(' ').Contains(domain, StringComparer.OrdinalIgnoreCase);
    }

    private static bool TryPath(string text, string keyword, out string path, out string[] parameters)
    {
        (path, parameters) = ("", []);
        if (!text.StartsWith(keyword, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var rest = text[keyword.Length..].Trim();
        var end = rest.IndexOf('>', StringComparison.Ordinal);
        if (!rest.StartsWith('<') || end < 0 || rest.Any(char.IsControl))
        {
            return false;
        }

        path = rest[1..end];
        parameters = rest[(end + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
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
