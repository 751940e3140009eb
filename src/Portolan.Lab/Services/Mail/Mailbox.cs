namespace Portolan.Lab.Services.Mail;

/// <summary>What a reader has said of a mail.</summary>
[Flags]
internal enum MailFlags : byte
{
    None = 0,
    Seen = 1,
    Answered = 2,
    Flagged = 4,
    Deleted = 8,
    Draft = 16,
}

/// <summary>A mail as a mailbox had it when it was looked at.</summary>
/// <param name="Uid">Its number, which never belongs to another of the box.</param>
/// <param name="Content">Header and body, lines with CR LF.</param>
/// <param name="Arrived">When it came, by the lab's time.</param>
/// <param name="Flags">What was said of it.</param>
internal sealed record MailMessage(uint Uid, byte[] Content, DateTimeOffset Arrived, MailFlags Flags);

/// <summary>The mails of one user. Any thread.</summary>
internal sealed class Mailbox
{
    /// <summary>The most bytes of all mails.</summary>
    internal const long MaxBytes = 64L << 20;

    private readonly Lock _lock = new();
    private readonly List<MailMessage> _messages = [];
    private TaskCompletionSource _changed = New();
    private uint _next = 1;
    private long _bytes;

    /// <summary>Ends when a mail comes or goes.</summary>
    internal Task Changed
    {
        get
        {
            lock (_lock)
            {
                return _changed.Task;
            }
        }
    }

    /// <summary>The number that the next mail gets.</summary>
    internal uint NextUid
    {
        get
        {
            lock (_lock)
            {
                return _next;
            }
        }
    }

    /// <summary>All mails, in the order they came.</summary>
    internal MailMessage[] Look()
    {
        lock (_lock)
        {
            return [.. _messages];
        }
    }

    /// <summary>Takes a mail. Fails when the box is full.</summary>
    internal bool TryAdd(byte[] content, DateTimeOffset arrived, MailFlags flags = MailFlags.None)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            if (_bytes + content.Length > MaxBytes)
            {
                return false;
            }

            _bytes += content.Length;
            _messages.Add(new MailMessage(_next++, content, arrived, flags));
            changed = Change();
        }

        changed.TrySetResult();
        return true;
    }

    /// <summary>Says something of a mail.</summary>
    internal MailMessage? SetFlags(uint uid, Func<MailFlags, MailFlags> change)
    {
        lock (_lock)
        {
            var at = _messages.FindIndex(m => m.Uid == uid);
            return at < 0 ? null : _messages[at] = _messages[at] with { Flags = change(_messages[at].Flags) };
        }
    }

    /// <summary>Throws mails away.</summary>
    internal void Remove(Func<MailMessage, bool> which)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            _bytes -= _messages.Where(which).Sum(static m => (long)m.Content.Length);
            if (_messages.RemoveAll(m => which(m)) == 0)
            {
                return;
            }

            changed = Change();
        }

        changed.TrySetResult();
    }

    // Those who wait go on outside the lock.
    private TaskCompletionSource Change()
    {
        var changed = _changed;
        _changed = New();
        return changed;
    }

    // Not on the thread that delivers: a reader may write much.
    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>The mailboxes of a host, shared by SMTP, IMAP and POP3. Any thread.</summary>
internal sealed class MailStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Mailbox> _boxes = new(StringComparer.Ordinal);

    /// <summary>The store of a host.</summary>
    internal static MailStore Of(ServiceHost host) => host.State.Get(static () => new MailStore());

    /// <summary>A user's box. Only for users that a topology names, so that clients cannot make any number of them.</summary>
    internal Mailbox Box(string user)
    {
        lock (_lock)
        {
            if (!_boxes.TryGetValue(user, out var box))
            {
                box = new Mailbox();
                _boxes.Add(user, box);
            }

            return box;
        }
    }
}
