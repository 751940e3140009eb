using Portolan.Linux;
using Portolan.Sockets.Chart;

namespace Portolan.Sockets.Binding;

/// <summary>Everything <c>who</c> says about a port.</summary>
public sealed record PortReport
{
    /// <summary>The port that was asked about, 1–65535.</summary>
    public required PortNumber Port { get; init; }

    /// <summary>The address of this host that was asked about; <c>null</c> for all.</summary>
    public InternetAddress? Address { get; init; }

    /// <summary>Its holders, in the caller's own namespace.</summary>
    public required IReadOnlyList<PortHolder> Holders { get; init; }

    /// <summary>What a bind would meet, by protocol.</summary>
    public required IReadOnlyList<BindOutlook> Outlooks { get; init; }

    /// <summary>The nearest port that is free for the same protocols, or <c>null</c> when there is none.</summary>
    public required PortNumber? NearestFree { get; init; }

    /// <summary>Whether a program holds it.</summary>
    public bool IsHeld => Holders.Count > 0;

    /// <summary>Judges a port from the facts; the referee is asked about binds to it and about free ports.</summary>
    /// <param name="port">The port.</param>
    /// <param name="protocols">For which protocols to look for holders.</param>
    /// <param name="usual">For which of them to explain binds when no process holds it; if one does, for the holder's.</param>
    /// <param name="facts">From <see cref="MachineSurvey.ForPort"/>.</param>
    /// <param name="settings">The kernel's settings.</param>
    /// <param name="referee">Tries binds.</param>
    /// <param name="neighbours">Which ports near it are known to be unused, from <see cref="MachineSurvey.UseAround"/>.</param>
    /// <param name="elsewhere">Who listens in other network namespaces, from <see cref="MachineSurvey.ListenersOn"/>, when they were looked
    /// into.</param>
    /// <param name="address">The address that alone is meant: a bind to it is tried, and who holds another is none of its holders.</param>
    public static PortReport Make(
        PortNumber port,
        IReadOnlyList<TransportProtocol> protocols,
        IReadOnlyList<TransportProtocol> usual,
        MachineFacts facts,
        KernelSettings settings,
        IBindReferee referee,
        PortsInUse neighbours,
        MachineFacts? elsewhere = null,
        InternetAddress? address = null)
    {
        // A wildcard takes what comes to any address of this machine, and to no other.
        var isHere = address is not { } asked || BindTrial.IsHere(referee, asked);
        var holders = !isHere ? [] : PortHolders.Find(facts, port, protocols)
            .Where(h => facts.Snapshot.Namespaces[h.NamespaceIndex].IsOwn && (address is not { } one || h.IsAt(one))).ToList();
        var held = holders.Select(h => h.Protocol).Distinct().ToList();
        var explained = held.Count > 0 ? held : usual;
        var outlooks = new List<BindOutlook>();
        var use = PortsInUse.Of(facts.Snapshot, new PortRange(port, port));
        foreach (var protocol in explained)
        {
            var users = BindExplanation.Users(port, protocol, facts, address);
            IReadOnlyList<BindTrial> trials = address is { } place
                ? [BindTrial.Try(referee, new BindAttempt(protocol, place, port), users, use)]
                : BindTrial.TryWildcards(referee, protocol, port, users, use);
            outlooks.Add(new BindOutlook(
                protocol, trials, BindExplanation.Explain(port, protocol, facts, settings, trials, elsewhere, address)));
        }

        // The referee sees every state of every socket, so no list of used ports is needed.
        var range = port < settings.FirstUnprivilegedPort
            ? PortRange.All
            : new PortRange(settings.FirstUnprivilegedPort, PortRange.All.Last);
        var search = new FreePortSearch(range, 1, port, explained, SkipAssigned: false);
        var free = FreePorts.Find(search, new PortSet(port), settings, referee, neighbours, static _ => false);
        return new PortReport
        {
            Port = port,
            Address = address,
            Holders = holders,
            Outlooks = outlooks,
            NearestFree = free.Count > 0 ? free[0] : null,
        };
    }
}

/// <summary>What a bind to the port would meet.</summary>
/// <param name="Protocol">The protocol.</param>
/// <param name="Trials">Binds that were tried.</param>
/// <param name="Reasons">Why they fail, and what else is worth knowing.</param>
public sealed record BindOutlook(TransportProtocol Protocol, IReadOnlyList<BindTrial> Trials, IReadOnlyList<BindReason> Reasons)
{
    /// <summary>Whether every bind that was tried works.</summary>
    public bool IsFree => Trials.Count > 0 && Trials.All(t => t.Works);
}
