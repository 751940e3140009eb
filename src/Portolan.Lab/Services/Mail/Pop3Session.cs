using System.Globalization;
using Portolan.Lab.Services.Tls;

namespace Portolan.Lab.Services.Mail;

/// <summary>One client of POP3. What is there is looked at when he logs in, and goes when he says QUIT (RFC 1939 section 6).</summary>
internal sealed class Pop3Session(Stream stream, ServiceCall call)
{
    private const int MaxErrors = 20;

    private readonly LineTalk _talk = new(stream);
    private readonly HashSet<int> _deleted = [];
    private LabTlsStream? _tls;
    private string? _name;
    private Mailbox? _box;
    private MailMessage[] _mails = [];
    private int _errors;

    private bool OffersTls => _tls is null && stream is not LabTlsStream && call.Flag("starttls", usual: true);

    private IEnumerable<int> Numbers => Enumerable.Range(1, _mails.Length).Where(n => !_deleted.Contains(n));

    /// <summary>Speaks until either is done.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            _talk.WriteLine($"+OK {LineTalk.Text(call.Setting("banner", "Dovecot ready."))}");
            while (_errors < MaxErrors)
            {
                var line = await _talk.ReadLineAsync(cancellationToken);
                if (line.Kind == LineKind.End)
                {
                    return;
                }

                if (line.Kind == LineKind.TooLong)
                {
                    Fail("line too long");
                }
                else if (!await DoAsync(line.Text, cancellationToken))
                {
                    break;
                }
            }

            await _talk.FlushAsync(cancellationToken);
        }
        finally
        {
            if (_tls is not null)
            {
                await _tls.EndAsync();
            }
        }
    }

    private async Task<bool> DoAsync(string line, CancellationToken cancellationToken)
    {
        var words = line.Split(' ', 2);
        var (verb, rest) = (words[0].ToUpperInvariant(), words.Length > 1 ? words[1].Trim() : "");
        switch (verb)
        {
            case "QUIT":
                var gone = _deleted.Select(n => _mails[n - 1].Uid).ToHashSet();
                _box?.Remove(m => gone.Contains(m.Uid));
                _talk.WriteLine("+OK goodbye");
                return false;
            case "CAPA":
                WriteList(
                    "what there is",
                    ["USER", "UIDL", "TOP", "PIPELINING", "RESP-CODES", .. OffersTls ? ["STLS"] : Array.Empty<string>(),
                        "IMPLEMENTATION Portolan"]);
                break;
            case "STLS" when OffersTls && _box is null:
                return await SecureAsync(cancellationToken);
            case "USER" when _box is null:
                _name = rest;
                _talk.WriteLine("+OK and the password?");
                break;
            case "PASS" when _box is null && _name is not null:
                Enter(words.Length > 1 ? words[1] : "");
                break;
            case "NOOP":
                _talk.WriteLine("+OK");
                break;
            case var _ when _box is null:
                Fail("log in first");
                break;
            default:
                await ReadAsync(verb, rest, cancellationToken);
                break;
        }

        return true;
    }

    private async Task<bool> SecureAsync(CancellationToken cancellationToken)
    {
        _talk.WriteLine("+OK begin");
        await _talk.FlushAsync(cancellationToken);
        _tls = await LabTlsStream.AcceptAsync(stream, call, null, cancellationToken);
        if (_tls is null)
        {
            return false;
        }

        _talk.Upgrade(_tls);
        _name = null;
        return true;
    }

    private void Enter(string password)
    {
        if (!UserList.Of(call).Allows(_name!, password))
        {
            _name = null;
            Fail("[AUTH] wrong name or password");
            return;
        }

        _box = MailStore.Of(call.Host).Box(_name!);
        _mails = _box.Look();
        _talk.WriteLine($"+OK {_mails.Length} mails");
    }

    private async Task ReadAsync(string verb, string rest, CancellationToken cancellationToken)
    {
        switch (verb)
        {
            case "STAT":
                _talk.WriteLine($"+OK {Numbers.Count()} {Numbers.Sum(n => (long)_mails[n - 1].Content.Length)}");
                break;
            case "LIST":
                Tell(rest, n => $"{n} {_mails[n - 1].Content.Length}");
                break;
            case "UIDL":
                Tell(rest, n => $"{n} {_mails[n - 1].Uid}");
                break;
            case "RETR" when TryMail(rest, out var number):
                await SendAsync(_mails[number - 1].Content, int.MaxValue, cancellationToken);
                break;
            case "TOP" when rest.Split(' ') is [var mail, var lines] && TryMail(mail, out var number)
                && int.TryParse(lines, NumberStyles.None, CultureInfo.InvariantCulture, out var most):
                await SendAsync(_mails[number - 1].Content, most, cancellationToken);
                break;
            case "DELE" when TryMail(rest, out var number):
                _deleted.Add(number);
                _talk.WriteLine("+OK it goes when you do");
                break;
            case "RSET":
                _deleted.Clear();
                _talk.WriteLine("+OK");
                break;
            case "RETR" or "TOP" or "DELE":
                Fail("no such mail");
                break;
            default:
                Fail("no such command");
                break;
        }
    }

    private void Tell(string rest, Func<int, string> line)
    {
        if (rest.Length == 0)
        {
            WriteList($"{Numbers.Count()} mails", Numbers.Select(line));
        }
        else if (TryMail(rest, out var number))
        {
            _talk.WriteLine($"+OK {line(number)}");
        }
        else
        {
            Fail("no such mail");
        }
    }

    private void WriteList(string what, IEnumerable<string> lines)
    {
        _talk.WriteLine($"+OK {what}");
        foreach (var line in lines)
        {
            _talk.WriteLine(line);
        }

        _talk.WriteLine(".");
    }

    // The header and so many lines of the body.
    private async Task SendAsync(byte[] content, int most, CancellationToken cancellationToken)
    {
        _talk.WriteLine($"+OK {content.Length} bytes");
        var isBody = false;
        for (var at = 0; at < content.Length && (!isBody || most-- > 0);)
        {
            var length = content.AsSpan(at).IndexOf("\r\n"u8);
            length = length < 0 ? content.Length - at : length;
            if (length > 0 && content[at] == '.')
            {
                _talk.Write("."u8);
            }

            _talk.Write(content.AsSpan(at, length));
            _talk.Write("\r\n"u8);
            isBody |= length == 0;
            at += length + 2;
            await _talk.FlushIfLongAsync(cancellationToken);
        }

        _talk.WriteLine(".");
    }

    private bool TryMail(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= 1 && number <= _mails.Length
            && !_deleted.Contains(number);

    private void Fail(string why)
    {
        _errors++;
        _talk.WriteLine($"-ERR {why}");
    }
}
