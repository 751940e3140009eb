using System.Collections.Concurrent;

namespace Portolan.Web.Access;

/// <summary>
/// Tickets: each stands for the session in the address of one download, which a browser asks for without the key. A ticket is for one
/// path with its query, is used once, and lives <see cref="Life"/>.
/// </summary>
/// <param name="clock">The clock.</param>
internal sealed class Tickets(TimeProvider clock)
{
    /// <summary>How long one can be used.</summary>
    internal static readonly TimeSpan Life = TimeSpan.FromSeconds(30);

    private const int Most = 1000;

    private readonly ConcurrentDictionary<string, (string Path, Caller Caller, DateTimeOffset ExpiresAt)> _tickets =
        new(StringComparer.Ordinal);

    /// <summary>Makes one.</summary>
    /// <param name="path">The path and query that it is for.</param>
    /// <param name="caller">For whom.</param>
    internal string Make(string path, Caller caller)
    {
        var now = clock.GetUtcNow();
        foreach (var (old, ticket) in _tickets)
        {
            if (ticket.ExpiresAt <= now || _tickets.Count >= Most)
            {
                _tickets.TryRemove(old, out _);
            }
        }

        var value = Secret.New();
        _tickets[Secret.Hash(value)] = (path, caller, now + Life);
        return value;
    }

    /// <returns>For whom it was made; <c>null</c> where it is unknown, used, expired or for another path.</returns>
    internal Caller? Use(string value, string path) =>
        _tickets.TryRemove(Secret.Hash(value), out var ticket) && ticket.Path == path && ticket.ExpiresAt > clock.GetUtcNow()
            ? ticket.Caller
            : null;
}
