using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Portolan.Lab.Services.Chat;

/// <summary>A client as others see it, and the lines that wait for it.</summary>
internal sealed class IrcClient(string address)
{
    // One that does not read is let go when so many lines wait.
    private const int MaxWaiting = 1000;

    private readonly Channel<string> _lines = Channel.CreateBounded<string>(new BoundedChannelOptions(MaxWaiting)
    {
        SingleReader = true,
        FullMode = BoundedChannelFullMode.Wait,
    });

    internal string Address => address;

    internal string? Nick { get; set; }

    internal string? User { get; set; }

    internal string RealName { get; set; } = "";

    internal bool IsOver { get; private set; }

    /// <summary><c>nick!user@address</c>.</summary>
    internal string Mask => $"{Nick}!{User}@{address}";

    /// <summary>The lines for it, until it ends.</summary>
    internal async IAsyncEnumerable<string> Lines([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The channel's own enumerator leaves the lab's thread, and virtual time would not wait for it.
        while (await _lines.Reader.WaitToReadAsync(cancellationToken))
        {
            while (_lines.Reader.TryRead(out var line))
            {
                yield return line;
            }
        }
    }

    internal void Send(string line)
    {
        if (!_lines.Writer.TryWrite(line))
        {
            End();
        }
    }

    internal void End()
    {
        IsOver = true;
        _lines.Writer.TryComplete();
    }
}

/// <summary>Who is there and in which channels. Any thread; nothing waits under the lock.</summary>
internal sealed class IrcHub
{
    private const int MaxChannels = 1000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, IrcClient> _clients = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, (List<IrcClient> Members, string Topic)> _channels = new(StringComparer.OrdinalIgnoreCase);

    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _clients.Count;
            }
        }
    }

    /// <summary>Gives a client a name. Fails when another has it.</summary>
    internal bool TryName(IrcClient client, string nick)
    {
        lock (_lock)
        {
            if (_clients.TryGetValue(nick, out var other) && other != client)
            {
                return false;
            }

            if (client.Nick is { } old)
            {
                _clients.Remove(old);
            }

            _clients[nick] = client;
            client.Nick = nick;
            return true;
        }
    }

    internal IrcClient? Find(string nick)
    {
        lock (_lock)
        {
            return _clients.GetValueOrDefault(nick);
        }
    }

    /// <summary>The members of a channel; empty when there is none.</summary>
    internal IrcClient[] Members(string channel)
    {
        lock (_lock)
        {
            return _channels.TryGetValue(channel, out var found) ? [.. found.Members] : [];
        }
    }

    /// <summary>All channels with how many are in them and what they are about.</summary>
    internal (string Name, int Count, string Topic)[] Channels()
    {
        lock (_lock)
        {
            return [.. _channels.Select(static c => (c.Key, c.Value.Members.Count, c.Value.Topic))];
        }
    }

    internal string Topic(string channel, string? change = null)
    {
        lock (_lock)
        {
            if (_channels.TryGetValue(channel, out var found) && change is not null)
            {
                _channels[channel] = found = (found.Members, change);
            }

            return found.Topic ?? "";
        }
    }

    /// <summary>Lets a client into a channel, which is made when it is not there.</summary>
    internal bool TryJoin(IrcClient client, string channel)
    {
        lock (_lock)
        {
            if (!_channels.TryGetValue(channel, out var found))
            {
                if (_channels.Count >= MaxChannels)
                {
                    return false;
                }

                found = ([], "");
                _channels.Add(channel, found);
            }

            if (found.Members.Contains(client))
            {
                return false;
            }

            found.Members.Add(client);
            return true;
        }
    }

    internal bool Leave(IrcClient client, string channel)
    {
        lock (_lock)
        {
            var was = _channels.TryGetValue(channel, out var found) && found.Members.Remove(client);
            if (was && found.Members.Count == 0)
            {
                _channels.Remove(channel);
            }

            return was;
        }
    }

    /// <summary>All who share a channel with a client, and itself.</summary>
    internal HashSet<IrcClient> Around(IrcClient client)
    {
        lock (_lock)
        {
            return [client, .. _channels.Values.Where(c => c.Members.Contains(client)).SelectMany(static c => c.Members)];
        }
    }

    internal void Remove(IrcClient client)
    {
        lock (_lock)
        {
            foreach (var channel in _channels.Where(c => c.Value.Members.Contains(client)).Select(static c => c.Key).ToArray())
            {
                Leave(client, channel);
            }

            if (client.Nick is { } nick && _clients.GetValueOrDefault(nick) == client)
            {
                _clients.Remove(nick);
            }
        }
    }
}
