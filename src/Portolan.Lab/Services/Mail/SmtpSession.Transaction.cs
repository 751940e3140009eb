using System.Globalization;
using System.Net;

namespace Portolan.Lab.Services.Mail;

/// <summary>A mail on its way: from whom, for whom, and what it says (RFC 5321 section 3.3).</summary>
internal sealed partial class SmtpSession
{
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
            Fail("503 5.5.1 nested MAIL command");
        }
        else if (!TryPath(rest, "FROM:", out var path, out var parameters))
        {
            Fail("501 5.5.4 MAIL FROM:<address>");
        }
        else if (parameters.Select(static p => p.Split('=')).Any(
            p => p[0].Equals("SIZE", StringComparison.OrdinalIgnoreCase) && p.Length == 2
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
        $"Return-Path: <{_sender}>\r\nReceived: from {_greeting} ([{call.Remote.Address}])\r\n\tby {HostName} with "
            + $"{(IsSecure ? "ESMTPS" : "ESMTP")};\r\n\t"
        + call.Host.Time.GetUtcNow().ToString("ddd, d MMM yyyy HH:mm:ss", CultureInfo.InvariantCulture) + " +0000\r\n";

    private bool IsOwn(string domain)
    {
        var directory = call.Host.Directory;
        if (domain.StartsWith('[') && domain.EndsWith(']'))
        {
            var literal = domain[1..^1];
            return IPAddress.TryParse(
                literal.StartsWith("IPv6:", StringComparison.OrdinalIgnoreCase) ? literal[5..] : literal, out var address)
                && address.Equals(call.Local.Address);
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
}
