using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Scan.Names;

/// <summary>
/// Finds addresses as this host does, and says how: first the hosts file, then DNS with its search domains, then the system's own resolver
/// where that has more sources or DNS has no server. Safe to use from several threads.
/// </summary>
/// <remarks><see cref="ResolverFiles.MakeResolver"/> makes one from the system's files.</remarks>
/// <param name="hosts">The hosts file.</param>
/// <param name="dns">DNS; asked when it has servers.</param>
/// <param name="sources">What else the system would ask.</param>
/// <param name="system">The system's resolver; <c>null</c> to never ask it.</param>
/// <param name="time">The clock.</param>
public sealed class NameResolver(HostsFile hosts, DnsClient dns, NameSources sources, ISystemNames? system, TimeProvider time) : INameLookup
{
    // An answer that ends in an alias is asked for again so often.
    private const int MaxRestarts = 8;

    private static readonly TimeSpan SystemTimeout = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public async Task<NameAnswer> LookUpAsync(string name, AddressFamilies families, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(name);
        var steps = new List<LookupStep>();
        var bare = name.EndsWith('.') ? name[..^1] : name;
        var started = time.GetTimestamp();
        var known = hosts.Find(bare, families);
        if (known.Count > 0)
        {
            steps.Add(new HostsFileStep(hosts.Path, bare, known, time.GetElapsedTime(started)));
            return new NameAnswer(name, InOrder(known), null) { Steps = steps };
        }

        if (IsLocalhost(bare))
        {
            // RFC 6761 section 6.3: never asked for in DNS.
            InternetAddress[] loopback = [InternetAddress.LoopbackIPv4, InternetAddress.LoopbackIPv6];
            return new NameAnswer(
                name, Array.FindAll(loopback, address => families.HasFlag(address.IsIPv4 ? AddressFamilies.IPv4 : AddressFamilies.IPv6)),
                null);
        }

        var why = WhySystemFirst(bare);
        if (why is not null && system is not null)
        {
            return await AskSystemAsync(name, why, families, steps, dnsProblem: null, cancellation);
        }

        if (dns.Settings.Servers.Count == 0)
        {
            return new NameAnswer(name, [], "no DNS server is known (resolv.conf names none)");
        }

        var found = await AskDnsAsync(name, families, steps, cancellation);
        var others = string.Join(", ", sources.Others);
        return found.Addresses.Count > 0 || others.Length == 0 || system is null
            ? found
            : await AskSystemAsync(
                name, $"DNS does not have it, and nsswitch.conf lists more sources: {others}", families, steps, found.Problem,
                cancellation);
    }

    private static bool IsLocalhost(string name)
        => name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);

    private string? WhySystemFirst(string name)
    {
        if (dns.Settings.Servers.Count == 0)
        {
            return "no DNS server is known (resolv.conf names none)";
        }

        return sources.HasMulticast && name.EndsWith(".local", StringComparison.OrdinalIgnoreCase)
            ? "names in .local are resolved on the link (mDNS)"
            : null;
    }

    // IPv4 first, each family in the order it was given.
    private static List<InternetAddress> InOrder(IEnumerable<InternetAddress> addresses)
    {
        var ordered = new List<InternetAddress>();
        var later = new List<InternetAddress>();
        foreach (var address in addresses)
        {
            var list = address.IsIPv4 ? ordered : later;
            if (!list.Contains(address))
            {
                list.Add(address);
            }
        }

        ordered.AddRange(later);
        return ordered;
    }

    private async Task<NameAnswer> AskSystemAsync(
        string name, string why, AddressFamilies families, List<LookupStep> steps, string? dnsProblem, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        var (addresses, error) = await system!.FindAsync(name, SystemTimeout, cancellation);
        List<InternetAddress> wanted =
            [.. addresses.Where(address => families.HasFlag(address.IsIPv4 ? AddressFamilies.IPv4 : AddressFamilies.IPv6))];
        steps.Add(new SystemStep(name, why, wanted, error, time.GetElapsedTime(started)));
        return new NameAnswer(
            name, InOrder(wanted),
            wanted.Count > 0 ? null : dnsProblem ?? error ?? "the name has no address of the requested family")
        { Steps = steps };
    }

    private async Task<NameAnswer> AskDnsAsync(
        string name, AddressFamilies families, List<LookupStep> steps, CancellationToken cancellation)
    {
        string? problem = null;
        foreach (var candidate in Candidates(name))
        {
            List<LookupStep> four = [], six = [];
            var askFour = families.HasFlag(AddressFamilies.IPv4)
                ? AskOneAsync(candidate, DnsType.A, four, cancellation)
                : Task.FromResult(Found.Nothing);
            var askSix = families.HasFlag(AddressFamilies.IPv6)
                ? AskOneAsync(candidate, DnsType.Aaaa, six, cancellation)
                : Task.FromResult(Found.Nothing);
            await Task.WhenAll(askFour, askSix);
            var (foundFour, foundSix) = (await askFour, await askSix);
            steps.AddRange(four);
            steps.AddRange(six);
            if (foundFour.Addresses.Count + foundSix.Addresses.Count > 0)
            {
                var canonical = foundFour.Addresses.Count > 0 ? foundFour.Canonical : foundSix.Canonical;
                return new NameAnswer(name, InOrder([.. foundFour.Addresses, .. foundSix.Addresses]), null)
                {
                    Steps = steps,
                    CanonicalName = string.Equals(canonical, candidate, StringComparison.OrdinalIgnoreCase) ? null : canonical,
                };
            }

            // The first candidate is the name that the person most likely meant.
            problem ??= ProblemOf(foundFour.Last, foundSix.Last);
            if (!IsFinal(foundFour.Last) && !IsFinal(foundSix.Last))
            {
                // No host answers: the same wait again for every search domain helps nobody.
                break;
            }
        }

        return new NameAnswer(name, [], problem ?? "not a valid DNS name") { Steps = steps };
    }

    private static bool IsFinal(DnsStep? step) => step is null or { Outcome: DnsOutcome.NoSuchName or DnsOutcome.NoData };

    private static string? ProblemOf(DnsStep? four, DnsStep? six)
    {
        // What says most: that there is no such name, then that it has no address, then what went wrong.
        foreach (var step in (ReadOnlySpan<DnsStep?>)[four, six])
        {
            if (step is { Outcome: DnsOutcome.NoSuchName })
            {
                return $"no such name (says {step.Server})";
            }
        }

        if (four is not null && six is not null && IsFinal(four) && IsFinal(six))
        {
            return $"the name has no address (says {four.Server})";
        }

        var failed = four is not null && !IsFinal(four) ? four : six ?? four;
        return failed switch
        {
            null => null,
            { Outcome: DnsOutcome.TimedOut, Rejected: > 0 } =>
                $"no DNS server gave a valid answer (asked {failed.Server} last)",
            { Outcome: DnsOutcome.TimedOut } => $"no DNS server answered (asked {failed.Server} last)",
            { Outcome: DnsOutcome.Unreachable } => $"the DNS server {failed.Server} is unreachable: {failed.Error}",
            _ => $"{failed.Describe()} ({failed.Server})",
        };
    }

    // resolv.conf(5), "search" and "ndots".
    private IEnumerable<string> Candidates(string name)
    {
        if (name.EndsWith('.'))
        {
            yield return name;
            yield break;
        }

        var first = name.AsSpan().Count('.') >= dns.Settings.Dots;
        if (first)
        {
            yield return name;
        }

        foreach (var domain in dns.Settings.SearchDomains)
        {
            yield return $"{name}.{domain}";
        }

        if (!first)
        {
            yield return name;
        }
    }

    private async Task<Found> AskOneAsync(string name, DnsType type, List<LookupStep> steps, CancellationToken cancellation)
    {
        var asked = name;
        DnsStep? step = null;
        for (var restart = 0; restart <= MaxRestarts; restart++)
        {
            step = await dns.AskAsync(asked, type, steps, cancellation);
            if (step is not { Answer: { } answer } || step.Outcome is not (DnsOutcome.Answered or DnsOutcome.NoData))
            {
                break;
            }

            var end = answer.Follow(asked);
            if (step.Outcome == DnsOutcome.Answered)
            {
                var addresses = new List<InternetAddress>();
                foreach (var record in answer.Of(asked, type))
                {
                    addresses.Add(record.Address!.Value);
                }

                return new Found(addresses, end, step);
            }

            if (string.Equals(end, asked, StringComparison.OrdinalIgnoreCase))
            {
                break;
            }

            asked = end;
        }

        return new Found([], name, step);
    }

    private sealed record Found(List<InternetAddress> Addresses, string Canonical, DnsStep? Last)
    {
        public static Found Nothing => new([], "", null);
    }
}
