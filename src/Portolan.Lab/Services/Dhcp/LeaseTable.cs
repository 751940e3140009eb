namespace Portolan.Lab.Services.Dhcp;

/// <summary>Who has which address of a pool, and until when. It never holds more than the pool has addresses.</summary>
/// <param name="pool">The addresses.</param>
internal sealed class LeaseTable(IReadOnlyList<InternetAddress> pool)
{
    /// <summary>How long an offer waits for its client.</summary>
    private static readonly TimeSpan OfferTime = TimeSpan.FromSeconds(30);

    /// <summary>How long an address is left alone that another host has.</summary>
    private static readonly TimeSpan DeclinedTime = TimeSpan.FromMinutes(10);

    private readonly HashSet<InternetAddress> _pool = [.. pool];
    private readonly Dictionary<string, Lease> _byClient = new(StringComparer.Ordinal);
    private readonly Dictionary<InternetAddress, Lease> _byAddress = [];
    private int _next;

    /// <summary>Addresses that a host has now, or was offered.</summary>
    internal int Held(DateTimeOffset now) => _byAddress.Values.Count(l => l.Until > now);

    /// <summary>
    /// Finds an address for a client: the one it has or had, the one it would like, one that nobody had, the one that is free for longest.
    /// </summary>
    /// <returns><c>null</c> when all are held.</returns>
    internal InternetAddress? Offer(string client, InternetAddress? wanted, DateTimeOffset now)
    {
        if (_byClient.TryGetValue(client, out var own))
        {
            own.Until = own.Until > now + OfferTime ? own.Until : now + OfferTime;
            return own.Address;
        }

        var address = wanted is { } liked && IsFree(liked, now) ? liked : FindUnused() ?? FindFree(now);
        if (address is { } free)
        {
            Give(client, free, now + OfferTime);
        }

        return address;
    }

    /// <summary>The address that a client has, was offered or had last; <c>null</c> when nothing is known of it.</summary>
    internal InternetAddress? Of(string client) => _byClient.TryGetValue(client, out var own) ? own.Address : null;

    /// <summary>Whether an address can be given to a client.</summary>
    internal bool CanHave(string client, InternetAddress address, DateTimeOffset now) =>
        _byAddress.TryGetValue(address, out var lease) && lease.Client == client ? _pool.Contains(address) : IsFree(address, now);

    /// <summary>Gives a client an address that it can have; another of its own goes back.</summary>
    internal void Give(string client, InternetAddress address, DateTimeOffset until)
    {
        if (_byClient.TryGetValue(client, out var own) && own.Address != address)
        {
            _byAddress.Remove(own.Address);
        }

        if (_byAddress.TryGetValue(address, out var before) && before.Client != client)
        {
            _byClient.Remove(before.Client);
        }

        var lease = new Lease(client, address) { Until = until };
        (_byClient[client], _byAddress[address]) = (lease, lease);
    }

    /// <summary>A client gives its address back. It is remembered, so that it gets it again when it can.</summary>
    internal void Release(string client, InternetAddress address, DateTimeOffset now)
    {
        if (_byClient.TryGetValue(client, out var own) && own.Address == address)
        {
            own.Until = now;
        }
    }

    /// <summary>A client found that another host has the address: it is not assigned for a while.</summary>
    internal void Decline(string client, InternetAddress address, DateTimeOffset now)
    {
        if (_byClient.TryGetValue(client, out var own) && own.Address == address)
        {
            _byClient.Remove(client);
            Give($"declined {address}", address, now + DeclinedTime);
        }
    }

    /// <summary>A client took another server's offer.</summary>
    internal void Forget(string client)
    {
        if (_byClient.Remove(client, out var own))
        {
            _byAddress.Remove(own.Address);
        }
    }

    private bool IsFree(InternetAddress address, DateTimeOffset now) =>
        _pool.Contains(address) && !(_byAddress.TryGetValue(address, out var lease) && lease.Until > now);

    private InternetAddress? FindUnused()
    {
        for (; _next < pool.Count; _next++)
        {
            if (!_byAddress.ContainsKey(pool[_next]))
            {
                return pool[_next];
            }
        }

        return null;
    }

    // What was forgotten is behind the place where unused ones are looked for.
    private InternetAddress? FindFree(DateTimeOffset now)
    {
        (InternetAddress Address, DateTimeOffset Since)? oldest = null;
        foreach (var address in pool)
        {
            if (!_byAddress.TryGetValue(address, out var lease))
            {
                return address;
            }

            if (lease.Until <= now && (oldest is null || lease.Until < oldest.Value.Since))
            {
                oldest = (address, lease.Until);
            }
        }

        return oldest?.Address;
    }

    private sealed record Lease(string Client, InternetAddress Address)
    {
        internal DateTimeOffset Until { get; set; }
    }
}
