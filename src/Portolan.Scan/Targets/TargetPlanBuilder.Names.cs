using Portolan.Model;
using Portolan.Scan.Names;

namespace Portolan.Scan.Targets;

/// <content>Names: looked up together, so that a list of thousands takes as long as its slowest.</content>
public sealed partial class TargetPlanBuilder
{
    private const int LookupsAtOnce = 256;

    private readonly List<PendingName> _pending = [];

    /// <summary>How many words are names that are still to be looked up.</summary>
    public int PendingNames => _pending.Count;

    /// <summary>Looks up the names among targets and excludes.</summary>
    /// <exception cref="PortolanException">An exclude was not found, and nothing may be sent to what it means. Exit code 3.</exception>
    public async Task ResolveAsync(INameLookup lookup, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(lookup);
        var answers = await LookUpAllAsync(lookup, cancellation);

        // The name itself is left out too: it may have other addresses when it is asked for again.
        var excluded = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var pending in _pending)
        {
            if (pending.IsExclude && pending.Expression.NamePrefix < 0)
            {
                excluded.Add(pending.Expression.Name!);
            }
        }

        foreach (var pending in _pending)
        {
            if (pending.IsExclude || !excluded.Contains(pending.Expression.Name!))
            {
                Take(pending, answers[pending.Expression.Name!]);
            }
        }

        _pending.Clear();
    }

    private async Task<Dictionary<string, NameAnswer>> LookUpAllAsync(INameLookup lookup, CancellationToken cancellation)
    {
        var running = new Dictionary<string, Task<NameAnswer>>(StringComparer.OrdinalIgnoreCase);
        using var places = new SemaphoreSlim(LookupsAtOnce);
        foreach (var pending in _pending)
        {
            var name = pending.Expression.Name!;
            if (!running.ContainsKey(name))
            {
                running.Add(name, LookUpOneAsync(lookup, name, places, cancellation));
            }
        }

        await Task.WhenAll(running.Values);
        var answers = new Dictionary<string, NameAnswer>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, task) in running)
        {
            answers.Add(name, await task);
        }

        return answers;
    }

    private static async Task<NameAnswer> LookUpOneAsync(
        INameLookup lookup, string name, SemaphoreSlim places, CancellationToken cancellation)
    {
        await places.WaitAsync(cancellation);
        try
        {
            return await lookup.LookUpAsync(name, AddressFamilies.Both, cancellation);
        }
        finally
        {
            places.Release();
        }
    }

    private void Take(PendingName pending, NameAnswer answer)
    {
        if (pending.IsExclude)
        {
            if (answer.Addresses.Count == 0)
            {
                throw new PortolanException(
                    $"the exclude \"{TargetError.Shortened(pending.Word)}\" was not found: {answer.Problem ?? "it has no address"}; "
                        + $"nothing was sent",
                    $"exclude it by its address");
            }

            foreach (var address in answer.Addresses)
            {
                AddNamed(pending, address, TargetItem.Excluded, name: null);
            }

            return;
        }

        var wanted = Wanted(answer.Addresses);
        if (wanted.Count == 0)
        {
            var family = _options.NamesAsIPv6 == true ? "IPv6" : "IPv4";
            _problems.Add(answer.Addresses.Count == 0
                ? new TargetProblem(pending.Word, answer.Problem ?? "it has no address", $"check the spelling, or name its address")
                : new TargetProblem(
                    pending.Word, $"it has no {family} address", $"leave {(family == "IPv6" ? "-6" : "-4")} out, or name its address"));
            return;
        }

        for (var i = 0; i < wanted.Count; i++)
        {
            AddNamed(pending, wanted[i], pending.Order + (3 * i), answer.Name);
        }
    }

    // The first as nmap has it: IPv4 where there is one. All of both families with --resolve-all.
    private List<InternetAddress> Wanted(IReadOnlyList<InternetAddress> addresses)
    {
        var wanted = new List<InternetAddress>();
        foreach (var address in addresses)
        {
            var unmapped = address.Unmap();
            if ((_options.NamesAsIPv6 is not { } isIPv6 || unmapped.IsIPv4 != isIPv6) && !wanted.Contains(unmapped))
            {
                wanted.Add(unmapped);
            }
        }

        if (!_options.ResolveAll && wanted.Count > 1)
        {
            var first = wanted.FindIndex(address => address.IsIPv4);
            return [wanted[Math.Max(0, first)]];
        }

        return wanted;
    }

    // With a prefix length the name belongs to its own address only; the neighbours come in the order of addresses.
    private void AddNamed(PendingName pending, InternetAddress address, long order, string? name)
    {
        var length = pending.Expression.NamePrefix;
        address = address.Unmap();
        if (length > address.BitCount)
        {
            _problems.Add(new TargetProblem(
                pending.Word, $"its address {address} is IPv4, whose prefix lengths end at 32",
                $"write a shorter prefix length, or add -6"));
            return;
        }

        var own = new TargetExpression
        {
            Kind = TargetKind.Addresses,
            IsIPv4 = address.IsIPv4,
            First = address.Number,
            Last = address.Number,
        };
        if (length < 0)
        {
            AddItem(own, order, name, pending.Ports, scope: 0);
            return;
        }

        var prefix = TargetGrammar.Prefixed(own, length);
        if (prefix.Last - prefix.First >= ulong.MaxValue && order != TargetItem.Excluded)
        {
            _problems.Add(new TargetProblem(
                pending.Word, $"its address is {address}, and a prefix of /{length} is too large to scan",
                $"name a smaller prefix, e.g. /104"));
            return;
        }

        if (order == TargetItem.Excluded)
        {
            AddItem(prefix, order, name: null, pending.Ports, scope: 0);
            return;
        }

        if (prefix.First < own.First)
        {
            AddItem(prefix with { Last = own.First - 1 }, order, name: null, pending.Ports, scope: 0);
        }

        AddItem(own, order + 1, name, pending.Ports, scope: 0);
        if (own.Last < prefix.Last)
        {
            AddItem(prefix with { First = own.Last + 1 }, order + 2, name: null, pending.Ports, scope: 0);
        }
    }

    private sealed record PendingName(string Word, TargetExpression Expression, long Order, int Ports)
    {
        public bool IsExclude => Order == TargetItem.Excluded;
    }
}
