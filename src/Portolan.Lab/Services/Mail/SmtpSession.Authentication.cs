namespace Portolan.Lab.Services.Mail;

/// <summary>How a client of a mail server logs in (RFC 4954).</summary>
internal sealed partial class SmtpSession
{
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
            Fail("501 5.5.2 invalid answer");
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
}
