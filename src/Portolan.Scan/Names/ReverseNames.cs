using Portolan.Model;

namespace Portolan.Scan.Names;

/// <summary>
/// Finds the names of many addresses at once: the hosts file first, then PTR questions, thousands in flight. For one thread at a time.
/// </summary>
/// <param name="hosts">The hosts file.</param>
/// <param name="settings">Servers and patience.</param>
/// <param name="open">Opens sockets to the servers; disposed of after each run.</param>
/// <param name="time">The clock.</param>
/// <param name="nextId">Numbers that cannot be guessed (RFC 5452 section 9.2).</param>
public sealed class ReverseNames(
    HostsFile hosts, ResolverSettings settings, Func<IReadOnlyList<DnsServer>, IDnsDatagrams> open, TimeProvider time, Func<ushort> nextId)
        : IReverseNames
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);

    /// <summary>The longest that one call may take; what is then not known stays without a name.</summary>
    public TimeSpan Budget { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Looking up ends when no server said anything for so long.</summary>
    public TimeSpan SilenceLimit { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>Why names may be missing after the last call, for people; <c>null</c> when every question was answered.</summary>
    public string? Problem { get; private set; }

    /// <inheritdoc/>
    public void Find(IReadOnlyList<InternetAddress> addresses, Action<int, string> found, Func<double, bool> goOn)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        ArgumentNullException.ThrowIfNull(found);
        ArgumentNullException.ThrowIfNull(goOn);
        Problem = null;
        var unknown = new Queue<int>();
        for (var i = 0; i < addresses.Count; i++)
        {
            if (hosts.NameOf(addresses[i]) is { } name)
            {
                found(i, name);
            }
            else
            {
                unknown.Enqueue(i);
            }
        }

        if (unknown.Count == 0)
        {
            goOn(1);
            return;
        }

        if (settings.Servers.Count == 0)
        {
            Problem = "addresses were not looked up: no DNS server is known (resolv.conf names none)";
            return;
        }

        using var datagrams = open(settings.Servers);
        if (datagrams.Channels == 0)
        {
            Problem = "addresses were not looked up: no DNS server can be reached from here";
            return;
        }

        Run(new PtrQuestions(addresses, unknown, settings, datagrams, time, nextId), found, goOn);
    }

    private void Run(PtrQuestions questions, Action<int, string> found, Func<double, bool> goOn)
    {
        var started = time.GetTimestamp();
        var reported = long.MinValue;
        while (!questions.IsDone)
        {
            if (reported == long.MinValue || time.GetElapsedTime(reported) >= Tick)
            {
                reported = time.GetTimestamp();
                if (!goOn(questions.Share))
                {
                    Problem = "address lookups were interrupted";
                    return;
                }
            }

            if (questions.NobodyIsLeft || questions.SilentFor >= SilenceLimit)
            {
                Problem = $"{Addresses(questions.Open)} not looked up: no DNS server answers ({string.Join(", ", settings.Servers)})";
                return;
            }

            if (time.GetElapsedTime(started) >= Budget)
            {
                Problem = $"{Addresses(questions.Open)} not looked up: it took longer than {Budget.TotalSeconds:0} s";
                return;
            }

            questions.Step(found, Tick);
        }

        if (questions.GivenUp > 0)
        {
            Problem = $"{Addresses(questions.GivenUp)} not looked up: the DNS servers did not answer for them";
        }

        goOn(1);
    }

    private static string Addresses(long count) => count == 1 ? "1 address was" : $"{count} addresses were";
}

/// <summary>Finds the names of addresses (reverse DNS, and what the hosts file says), many at once.</summary>
public interface IReverseNames
{
    /// <summary>Looks the addresses up and returns when all are done, or soon after <paramref name="goOn"/> said <c>false</c>.</summary>
    /// <param name="addresses">The addresses.</param>
    /// <param name="found">Called on the calling thread with the place of an address in the list and its name; not for those without
    /// one.</param>
    /// <param name="goOn">Called on the calling thread ten times a second or more with the part that is done, 0 to 1; <c>false</c> ends the
    /// look-ups.</param>
    void Find(IReadOnlyList<InternetAddress> addresses, Action<int, string> found, Func<double, bool> goOn);
}
