using Portolan.Lab.Services.Tls;

namespace Portolan.Lab.Services.Mail;

/// <summary>One client of IMAP: who he is, and commands that need no mailbox. Those that do are <see cref="ImapSelected"/>'s.</summary>
internal sealed class ImapSession(Stream stream, ServiceCall call)
{
    private const int MaxErrors = 20;
    private const string Inbox = "INBOX";

    private readonly LineTalk _talk = new(stream);
    private LabTlsStream? _tls;
    private Mailbox? _box;
    private ImapSelected? _selected;
    private int _errors;

    private bool OffersTls => _tls is null && stream is not LabTlsStream && call.Flag("starttls", usual: true);

    private string Capabilities => $"IMAP4rev1 LITERAL+ SASL-IR IDLE {(OffersTls ? "STARTTLS " : "")}AUTH=PLAIN";

    /// <summary>Speaks until either is done.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            _talk.WriteLine($"* OK [CAPABILITY {Capabilities}] {LineTalk.Text(call.Setting("banner", "Dovecot ready."))}");
            while (_errors < MaxErrors)
            {
                var (command, fault) = await ImapCommand.ReadAsync(_talk, cancellationToken);
                if (command is null && fault is null)
                {
                    return;
                }

                if (command is null)
                {
                    _errors++;
                    _talk.WriteLine(fault!);
                }
                else if (!await DoAsync(command, cancellationToken))
                {
                    break;
                }
            }

            if (_errors >= MaxErrors)
            {
                _talk.WriteLine("* BYE too many errors");
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

    private async Task<bool> DoAsync(ImapCommand command, CancellationToken cancellationToken)
    {
        switch (command.Name)
        {
            case "CAPABILITY":
                _talk.WriteLine($"* CAPABILITY {Capabilities}");
                Answer(command, "OK that is all");
                break;
            case "NOOP" or "CHECK":
                _selected?.Update();
                Answer(command, "OK");
                break;
            case "ID":
                _talk.WriteLine("* ID (\"name\" \"Portolan\")");
                Answer(command, "OK");
                break;
            case "LOGOUT":
                _talk.WriteLine("* BYE goodbye");
                Answer(command, "OK");
                return false;
            case "STARTTLS" when OffersTls && _box is null:
                return await SecureAsync(command, cancellationToken);
            case "LOGIN" when _box is null:
                Enter(command, command.Argument(0), command.Argument(1));
                break;
            case "AUTHENTICATE" when _box is null:
                await AuthenticateAsync(command, cancellationToken);
                break;
            case var _ when _box is null:
                Fail(command, "NO log in first");
                break;
            default:
                await DoInsideAsync(command, _box, cancellationToken);
                break;
        }

        return true;
    }

    private async Task<bool> SecureAsync(ImapCommand command, CancellationToken cancellationToken)
    {
        Answer(command, "OK begin");
        await _talk.FlushAsync(cancellationToken);
        _tls = await LabTlsStream.AcceptAsync(stream, call, null, cancellationToken);
        if (_tls is null)
        {
            return false;
        }

        _talk.Upgrade(_tls);
        return true;
    }

    private async Task AuthenticateAsync(ImapCommand command, CancellationToken cancellationToken)
    {
        if (!command.Argument(0).Equals("PLAIN", StringComparison.OrdinalIgnoreCase))
        {
            Fail(command, "NO only PLAIN");
            return;
        }

        var response = command.Argument(1);
        if (command.Arguments.Count < 2)
        {
            _talk.WriteLine("+ ");
            response = (await _talk.ReadLineAsync(cancellationToken)).Text;
        }

        if (Sasl.TryReadPlain(response, out var user, out var password))
        {
            Enter(command, user, password);
        }
        else
        {
            Fail(command, "BAD invalid answer");
        }
    }

    private void Enter(ImapCommand command, string user, string password)
    {
        if (UserList.Of(call).Allows(user, password))
        {
            _box = MailStore.Of(call.Host).Box(user);
            Answer(command, $"OK [CAPABILITY {Capabilities}] welcome");
        }
        else
        {
            Fail(command, "NO [AUTHENTICATIONFAILED] wrong name or password");
        }
    }

    private async Task DoInsideAsync(ImapCommand command, Mailbox box, CancellationToken cancellationToken)
    {
        switch (command.Name)
        {
            case "SELECT" or "EXAMINE":
                _selected = null;
                if (IsInbox(command.Argument(0)))
                {
                    _selected = new ImapSelected(_talk, box, isReadOnly: command.Name == "EXAMINE");
                    _selected.Greet();
                    Answer(command, command.Name == "EXAMINE" ? "OK [READ-ONLY]" : "OK [READ-WRITE]");
                }
                else
                {
                    Fail(command, "NO [NONEXISTENT] there is INBOX only");
                }

                break;
            case "LIST" or "LSUB":
                if (command.Argument(1).Length == 0 || IsInbox(command.Argument(1))
                    || command.Argument(1).Contains('*', StringComparison.Ordinal)
                    || command.Argument(1).Contains('%', StringComparison.Ordinal))
                {
                    _talk.WriteLine($"* {command.Name} ({(command.Argument(1).Length == 0 ? "\\Noselect" : "\\HasNoChildren")}) \"/\" "
                        + $"{(command.Argument(1).Length == 0 ? "\"\"" : Inbox)}");
                }

                Answer(command, "OK");
                break;
            case "STATUS" when IsInbox(command.Argument(0)):
                var mails = box.Look();
                _talk.WriteLine($"* STATUS {Inbox} (MESSAGES {mails.Length} RECENT 0 UIDNEXT {box.NextUid} UIDVALIDITY 1 UNSEEN "
                    + $"{mails.Count(static m => !m.Flags.HasFlag(MailFlags.Seen))})");
                Answer(command, "OK");
                break;
            case "APPEND" when IsInbox(command.Argument(0)) && command.Arguments.Count > 1:
                var content = System.Text.Encoding.Latin1.GetBytes(command.Arguments[^1].Text);
                var added = box.TryAdd(
                    content, call.Host.Time.GetUtcNow(),
                    ImapSelected.FlagsOf(command.Arguments.FirstOrDefault(static a => a.Items is not null)) ?? MailFlags.None);
                _selected?.Update();
                Answer(command, added ? "OK it is here" : "NO [OVERQUOTA] the mailbox is full");
                break;
            case "SUBSCRIBE" or "UNSUBSCRIBE":
                Answer(command, IsInbox(command.Argument(0)) ? "OK" : "NO there is INBOX only");
                break;
            case "STATUS" or "APPEND" or "CREATE" or "DELETE" or "RENAME":
                Fail(command, "NO there is INBOX only");
                break;
            case "IDLE":
                await IdleAsync(command, box, cancellationToken);
                break;
            case "CLOSE" or "UNSELECT" when _selected is not null:
                if (command.Name == "CLOSE")
                {
                    _selected.Expunge(tells: false);
                }

                _selected = null;
                Answer(command, "OK");
                break;
            case "FETCH" or "STORE" or "SEARCH" or "EXPUNGE" or "UID" when _selected is null:
                Fail(command, "BAD select a mailbox first");
                break;
            default:
                var answer = _selected is null ? null : await _selected.DoAsync(command, cancellationToken);
                if (answer is not null)
                {
                    Answer(command, answer);
                }
                else
                {
                    Fail(command, "BAD no such command");
                }

                break;
        }
    }

    // RFC 2177: news are told until the client says DONE.
    private async Task IdleAsync(ImapCommand command, Mailbox box, CancellationToken cancellationToken)
    {
        // Nothing is left for the reader to send: from here on the two go their own ways.
        _talk.WriteLine("+ idling");
        await _talk.FlushAsync(cancellationToken);
        var line = _talk.ReadLineAsync(cancellationToken).AsTask();
        while (true)
        {
            // Asked for before the box is looked at, so that nothing falls between.
            var changed = box.Changed;
            _selected?.Update();
            await _talk.FlushAsync(cancellationToken);
            if (await Task.WhenAny(line, changed) == line)
            {
                break;
            }
        }

        var done = await line;
        if (done.Text.Equals("DONE", StringComparison.OrdinalIgnoreCase))
        {
            Answer(command, "OK");
        }
        else if (done.Kind != LineKind.End)
        {
            Fail(command, "BAD end with DONE");
        }
    }

    private static bool IsInbox(string name) => name.Equals(Inbox, StringComparison.OrdinalIgnoreCase);

    private void Answer(ImapCommand command, string answer) =>
        _talk.WriteLine($"{command.Tag} {answer}{(answer.Length == 2 || answer.EndsWith(']') ? $" {command.Name} done" : "")}");

    private void Fail(ImapCommand command, string answer)
    {
        _errors++;
        Answer(command, answer);
    }
}
