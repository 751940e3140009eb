using System.Globalization;
using Portolan.Linux;
using Portolan.Sockets.Chart;

namespace Portolan.Sockets.Binding;

/// <summary>Says why a bind fails, from the sockets that own the port and the kernel's settings. Pure.</summary>
public static class BindExplanation
{
    /// <summary>
    /// All reasons for one protocol, obstacles first. <paramref name="trials"/> decide where the facts leave room; what other network
    /// namespaces hold is taken from <paramref name="elsewhere"/>, when they were looked into. With <paramref name="address"/> only what
    /// is in the way of a bind to that one counts.
    /// </summary>
    public static IReadOnlyList<BindReason> Explain(
        PortNumber port, TransportProtocol protocol, MachineFacts facts, KernelSettings settings, IReadOnlyList<BindTrial> trials,
        MachineFacts? elsewhere = null, InternetAddress? address = null)
    {
        var reasons = new List<BindReason>();
        if (trials.FirstOrDefault(static t => t.Errno == BindTrial.NoAddress) is { } missing)
        {
            reasons.Add(Obstacle(
                BindReasonCodes.NoAddress,
                $"{missing.Attempt.Address} is not an address of this machine: a bind to it fails without IP_FREEBIND"));
        }

        if (trials.Any(t => t.Errno == BindTrial.AccessDenied))
        {
            reasons.Add(new BindReason(
                BindReasonCodes.Privileged,
                $"port {port} is privileged: below {settings.FirstUnprivilegedPort} (net.ipv4.ip_unprivileged_port_start) a bind needs "
                    + $"CAP_NET_BIND_SERVICE",
                IsObstacle: true));
        }

        AddSockets(reasons, port, protocol, facts, trials, address);
        if (settings.EphemeralRange?.Reserved.Contains(port) == true)
        {
            reasons.Add(new BindReason(
                BindReasonCodes.Reserved,
                $"net.ipv4.ip_local_reserved_ports lists port {port}: the kernel never assigns it, but a program may bind it explicitly",
                IsObstacle: false));
        }
        else if (settings.EphemeralRange is { } range && range.Contains(port))
        {
            reasons.Add(new BindReason(
                BindReasonCodes.Ephemeral,
                $"port {port} lies in this host's ephemeral range ({range}): any outgoing connection may take it for a while",
                IsObstacle: false));
        }

        AddNamespaces(reasons, port, protocol, elsewhere ?? facts);
        return [.. reasons.OrderByDescending(r => r.IsObstacle)];
    }

    private static void AddSockets(
        List<BindReason> reasons, PortNumber port, TransportProtocol protocol, MachineFacts facts, IReadOnlyList<BindTrial> trials,
        InternetAddress? address)
    {
        var sockets = facts.Snapshot.Sockets;
        var binds = new HashSet<PortBind>();
        var timeWait = new List<int>();
        var closing = new List<int>();
        foreach (var index in Conflicts(port, protocol, facts, address))
        {
            ref readonly var entry = ref sockets[index];
            switch (PortHolders.KindOf(entry))
            {
                case HoldKind.Listening or HoldKind.Bound:
                    binds.Add(PortBind.Of(entry));
                    break;
                case null when entry.State == SocketState.TimeWait:
                    timeWait.Add(index);
                    break;
                case null when IsClosing(entry.State):
                    closing.Add(index);
                    break;
            }
        }

        reasons.AddRange(binds.Order().Select(b => Bound(b, port, trials)));
        if (binds.Count == 0)
        {
            AddConnections(reasons, port, protocol, facts, address);
        }

        var reuseHelps = trials.Any(t => t.Errno == BindTrial.InUse && t.ErrnoWithReuse == 0);
        if (timeWait.Count > 0)
        {
            reasons.Add(TimeWait(timeWait, sockets, trials.Count == 0 || reuseHelps || binds.Count > 0));
        }

        if (closing.Count > 0)
        {
            ref readonly var first = ref sockets[closing[0]];
            reasons.Add(new BindReason(
                BindReasonCodes.Closing,
                $"{Count(closing.Count, "connection")} without a process {(closing.Count == 1 ? "is" : "are")} still closing, e.g. "
                    + $"{Pair(PortHolders.PairOf(first))} in {first.State.Name()}",
                IsObstacle: true));
        }
    }

    /// <summary>
    /// Whether a connection without a descriptor is one whose descriptor its program closed. In any other state it has not been accepted
    /// yet: it waits in the queue of a listener, and goes with it.
    /// </summary>
    private static bool IsClosing(SocketState state) =>
        state is SocketState.FinWait1 or SocketState.FinWait2 or SocketState.Closing or SocketState.LastAck;

    /// <summary>What is in the way of a wildcard bind of either family conflicts.</summary>
    private static IEnumerable<int> Conflicts(
        PortNumber port, TransportProtocol protocol, MachineFacts facts, InternetAddress? address) => address is { } one
        ? BindConflicts.Find(new BindAttempt(protocol, one, port), facts.Snapshot)
        : BindConflicts.Find(new BindAttempt(protocol, InternetAddress.AnyIPv4, port), facts.Snapshot)
            .Union(BindConflicts.Find(new BindAttempt(protocol, InternetAddress.AnyIPv6, port), facts.Snapshot))
            .Order();

    /// <summary>The users of the sockets that conflict.</summary>
    public static IReadOnlyCollection<uint> Users(
        PortNumber port, TransportProtocol protocol, MachineFacts facts, InternetAddress? address = null)
    {
        var users = new SortedSet<uint>();
        foreach (var index in Conflicts(port, protocol, facts, address))
        {
            ref readonly var entry = ref facts.Snapshot.Sockets[index];
            if (entry.HasUser)
            {
                users.Add(entry.UserId);
            }
        }

        return users;
    }

    private static BindReason Bound(PortBind bind, PortNumber port, IReadOnlyList<BindTrial> trials)
    {
        if (bind.InterfaceIndex != 0)
        {
            var others = bind.IsWildcard
                ? "nor can any single address"
                : $"nor can {Wildcards(bind, port)}; every other single address can";
            return Obstacle(
                BindReasonCodes.Specific,
                $"{At(bind.Address, port)} is bound on one interface: it cannot be bound again{Unless(trials, bind)} "
                + $"but on another interface (SO_BINDTODEVICE), {others}");
        }

        if (!bind.IsWildcard)
        {
            return Obstacle(
                BindReasonCodes.Specific,
                $"{At(bind.Address, port)} is bound: "
                + (bind.TakesIPv4
                    ? $"0.0.0.0:{port} cannot be bound{Unless(trials, bind)}, nor [::]:{port} without {V6OnlyOr(trials, bind)}; "
                    : $"[::]:{port} cannot be bound{Unless(trials, bind)}; 0.0.0.0:{port} and ")
                + "every other single address can");
        }

        return bind switch
        {
            { TakesIPv6: false } => Obstacle(
                BindReasonCodes.Wildcard,
                $"0.0.0.0:{port} is bound: it covers every IPv4 address, and [::]:{port} can only be bound with {V6OnlyOr(trials, bind)}"),
            { DualStack: false } => Obstacle(
                BindReasonCodes.V6Only,
                $"[::]:{port} is bound for IPv6 only: every IPv4 address can be bound too, but no IPv6 address{Unless(trials, bind)}"),
            _ => Obstacle(
                BindReasonCodes.DualStack,
                $"[::]:{port} is bound dual-stack: it also covers IPv4, so neither 0.0.0.0:{port} nor any single address can be bound"
                + Unless(trials, bind)),
        };
    }

    private static string V6OnlyOr(IReadOnlyList<BindTrial> trials, PortBind bind) =>
        string.Join(" or ", (string[])["IPV6_V6ONLY", .. Remedies(trials, bind)]);

    private static string Wildcards(PortBind bind, PortNumber port) =>
        bind.TakesIPv4 ? $"0.0.0.0:{port} or [::]:{port}" : $"[::]:{port}";

    private static BindReason Obstacle(string code, string text) => new(code, text, IsObstacle: true);

    private static string Unless(IReadOnlyList<BindTrial> trials, PortBind bind) =>
        Remedies(trials, bind) is { Count: > 0 } remedies ? $" without {string.Join(" or ", remedies)}" : "";

    /// <summary>The options that let every bind through that this one is in the way of, as tried.</summary>
    private static List<string> Remedies(IReadOnlyList<BindTrial> trials, PortBind bind)
    {
        List<string>? common = null;
        foreach (var trial in trials)
        {
            // Of IPv4 it meets a dual-stack bind too.
            if (!trial.Works && (bind.TakesIPv4 || !trial.Attempt.Address.IsIPv4))
            {
                common = common is null ? [.. trial.Remedies] : [.. common.Intersect(trial.Remedies)];
            }
        }

        return common ?? [];
    }

    private static void AddConnections(
        List<BindReason> reasons, PortNumber port, TransportProtocol protocol, MachineFacts facts, InternetAddress? address)
    {
        foreach (var holder in PortHolders.Find(facts, port, [protocol]))
        {
            if (holder is { Kind: HoldKind.Connected, NamespaceIndex: 0, Example: { } pair }
                && (address is not { } one || holder.IsAt(one)))
            {
                var who = holder.Owner.Main is { } main ? $"{main.Name} ({main.Pid})" : "a hidden process";
                reasons.Add(new BindReason(
                    BindReasonCodes.Connection,
                    $"{who} uses it as the local port of "
                        + $"{Count(holder.Connections, protocol.IsDatagram() ? "connected socket" : "connection")}, e.g. to "
                        + $"{At(pair.RemoteAddress, pair.RemotePort)}: a bind fails until "
                        + $"{(holder.Connections == 1 ? "it is" : "they are")} closed",
                    IsObstacle: true));
            }
        }
    }

    private static BindReason TimeWait(List<int> entries, SocketTable sockets, bool reuseHelps)
    {
        var longest = entries[0];
        foreach (var index in entries)
        {
            longest = sockets[index].TimerMilliseconds > sockets[longest].TimerMilliseconds ? index : longest;
        }

        ref readonly var last = ref sockets[longest];
        var seconds = (last.TimerMilliseconds + 999) / 1000;
        var remedy = reuseHelps
            ? "a bind fails unless it sets SO_REUSEADDR"
            : "a bind fails even with SO_REUSEADDR, because the earlier sockets did not set it";
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"{Count(entries.Count, "past connection")} {(entries.Count == 1 ? "keeps" : "keep")} it in TIME-WAIT for {seconds} s more, "
                + $"e.g. {Pair(PortHolders.PairOf(last))}: {remedy}");
        return new BindReason(BindReasonCodes.TimeWait, text, IsObstacle: true);
    }

    private static void AddNamespaces(List<BindReason> reasons, PortNumber port, TransportProtocol protocol, MachineFacts facts)
    {
        foreach (var holder in PortHolders.Find(facts, port, [protocol]))
        {
            var place = facts.Snapshot.Namespaces[holder.NamespaceIndex];
            if (!place.IsOwn)
            {
                var who = holder.Owner.Main is { } main ? $"{main.Name} ({main.Pid})" : "a process";
                reasons.Add(new BindReason(
                    BindReasonCodes.OtherNamespace,
                    $"{who} holds {port}/{protocol.Name()} in the network namespace {place.LabelOrUnknown}: no conflict, each namespace "
                        + $"has its own ports",
                    IsObstacle: false));
            }
        }
    }

    private static string Count(int count, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {noun}{(count == 1 ? "" : "s")}");

    private static string Pair(SocketPair pair) =>
        $"{At(pair.LocalAddress, pair.LocalPort)} with {At(pair.RemoteAddress, pair.RemotePort)}";

    private static string At(InternetAddress address, PortNumber port) => address.IsIPv4 ? $"{address}:{port}" : $"[{address}]:{port}";
}
