using System.Globalization;
using Portolan.Firewall.Changing.Statements;
using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Host;
using Portolan.Firewall.Rules;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Forwarding;

/// <summary>The table that forwards packets: destination NAT, masquerading and counters.</summary>
/// <remarks>
/// <para>
/// <c>arriving</c> and <c>departing</c> send the first packet of a connection to an address of this host through <c>ports</c>, a map, to
/// the chain of its port, and from there to that of its forward. <c>leaving</c> gives forwarded packets the address of this host. All
/// packets of what was forwarded pass <c>traffic</c> once, which counts them. <c>refusing</c> answers datagrams to a port that is
/// forwarded, but not for them: the socket that holds the port would take them in silence.
/// </para>
/// <para>It belongs to the socket that made it (NFT_TABLE_F_OWNER, Linux 5.12): no other process can change it, and it goes with the
/// process.</para>
/// </remarks>
internal static class ForwardTable
{
    /// <summary>The name, with a number behind it where another one is at work.</summary>
    public const string Name = "portolan_forward";

    private const string ChainPrefix = "forward_";
    private const string Arriving = "arriving";
    private const string Departing = "departing";
    private const string Leaving = "leaving";
    private const string CountIn = "count_in";
    private const string CountOut = "count_out";
    private const string Refusing = "refusing";
    private const string Ports = "ports";
    private const string Traffic = "traffic";

    private const int DestinationNat = -100; // NF_IP_PRI_NAT_DST
    private const int SourceNat = 100; // NF_IP_PRI_NAT_SRC
    private const int Filter = 0; // NF_IP_PRI_FILTER
    private const int BehindDestinationNat = -50;
    private const int DestinationPort = 2;
    private const uint DestinationTranslated = 1 << 5; // IPS_DST_NAT
    private const uint Loopback = 1; // LOOPBACK_IFINDEX

    /// <summary>The table as a batch.</summary>
    public static NetfilterBatch Batch(string name, IReadOnlyList<KernelForward> forwards)
    {
        var batch = new NetfilterBatch();
        var table = new InetTableWriter(batch, name);
        var ports = forwards.Select((forward, i) => (Forward: forward, Number: i + 1)).ToLookup(f => (f.Forward.Protocol, f.Forward.Port));
        table.Create(TableFlags.Owner, mayExist: false);
        for (var number = 1; number <= forwards.Count; number++)
        {
            table.Counter(Began(number));
            table.Counter(Up(number));
            table.Counter(Down(number));
        }

        table.BaseChain(Arriving, "nat", HookPoint.Prerouting, DestinationNat);
        table.BaseChain(Departing, "nat", HookPoint.Output, DestinationNat);
        table.BaseChain(Leaving, "nat", HookPoint.Postrouting, SourceNat);
        table.BaseChain(CountIn, "filter", HookPoint.Prerouting, BehindDestinationNat);
        table.BaseChain(CountOut, "filter", HookPoint.Output, BehindDestinationNat);
        var datagrams = forwards.Where(f => f.Protocol == TransportProtocol.Udp).ToList();
        if (datagrams.Count > 0)
        {
            table.BaseChain(Refusing, "filter", HookPoint.Input, Filter);
        }

        table.Chain(Ports);
        table.Chain(Traffic);
        for (var number = 1; number <= forwards.Count; number++)
        {
            table.Chain(ChainOf(number));
        }

        foreach (var port in ports)
        {
            table.Chain(PortChain(port.Key));
            table.Chain(TrafficChain(port.Key));
        }

        AddSets(table, forwards, [.. ports.Select(p => p.Key)]);
        AddHooks(table, [.. ports.Select(p => p.Key.Protocol).Distinct().Order()]);
        if (forwards.Any(f => f.KeepsSource))
        {
            ReplaceLoopback(table);
        }

        datagrams.ForEach(f => Refuse(table, f));
        foreach (var port in ports)
        {
            // Who names an address is heard before who takes all of them, as with sockets.
            foreach (var (forward, number) in port.OrderBy(f => f.Forward.OneAddress is null).ThenBy(f => f.Forward.Address is null))
            {
                AddPort(table, port.Key, forward, number);
            }
        }

        for (var number = 1; number <= forwards.Count; number++)
        {
            AddForward(table, forwards[number - 1], number);
        }

        return batch;
    }

    /// <summary>What changes when a forward has other targets.</summary>
    /// <param name="name">The table's name.</param>
    /// <param name="forwards">All forwards as they are to be.</param>
    /// <param name="changed">Those that have other targets.</param>
    public static NetfilterBatch Update(string name, IReadOnlyList<KernelForward> forwards, IEnumerable<int> changed)
    {
        var batch = new NetfilterBatch();
        var table = new InetTableWriter(batch, name);
        foreach (var isIPv4 in (ReadOnlySpan<bool>)[true, false])
        {
            table.FlushSet(TargetSet(isIPv4));
            table.Add(TargetSet(isIPv4), TargetKeys(forwards, isIPv4));
        }

        foreach (var index in changed)
        {
            table.Flush(ChainOf(index + 1));
            AddForward(table, forwards[index], index + 1);
        }

        return batch;
    }

    /// <summary>The counter of connections of a forward.</summary>
    /// <param name="number">Its number, from 1.</param>
    public static string Began(int number) => Named(number, "new");

    /// <summary>The counter of packets from clients.</summary>
    public static string Up(int number) => Named(number, "up");

    /// <summary>The counter of packets from targets.</summary>
    public static string Down(int number) => Named(number, "down");

    /// <summary>Whether a table's name is that of one of these.</summary>
    public static bool IsName(string name) =>
        name.StartsWith(Name, StringComparison.Ordinal) && name.AsSpan(Name.Length).IndexOfAnyExceptInRange('0', '9') < 0;

    private static void AddSets(
        InetTableWriter table, IReadOnlyList<KernelForward> forwards, IReadOnlyList<(TransportProtocol Protocol, PortNumber Port)> ports)
    {
        foreach (var protocol in ports.GroupBy(p => p.Protocol))
        {
            table.Dispatch(PortMap(protocol.Key), SetKeyKind.Port, protocol.Select(p => (KeyBytes.Of(p.Port), PortChain(p))));
            table.Dispatch(TrafficMap(protocol.Key), SetKeyKind.Port, protocol.Select(p => (KeyBytes.Of(p.Port), TrafficChain(p))));
        }

        foreach (var isIPv4 in (ReadOnlySpan<bool>)[true, false])
        {
            table.Set(TargetSet(isIPv4), [isIPv4 ? SetKeyKind.Address4 : SetKeyKind.Address6, SetKeyKind.Protocol, SetKeyKind.Port]);
            table.Add(TargetSet(isIPv4), TargetKeys(forwards, isIPv4));
        }
    }

    private static void AddHooks(InetTableWriter table, IReadOnlyList<TransportProtocol> protocols)
    {
        foreach (var chain in (ReadOnlySpan<string>)[Arriving, Departing])
        {
            table.Rule(chain, static rule =>
            {
                rule.DestinationKind();
                rule.Compare(CompareOperation.Equal, (uint)HostRouteKind.Local);
                rule.Jump(Ports);
            });
        }

        // What this host sends to itself passes both hooks.
        table.Rule(CountIn, static rule =>
        {
            rule.Meta(MetaKey.InputInterface);
            rule.Compare(CompareOperation.NotEqual, Loopback);
            WasLedOn(rule);
            rule.Goto(Traffic);
        });
        table.Rule(CountOut, static rule =>
        {
            WasLedOn(rule);
            rule.Goto(Traffic);
        });
        foreach (var protocol in protocols)
        {
            table.Rule(Ports, rule =>
            {
                Is(rule, protocol);
                rule.Payload(PayloadBase.Transport, DestinationPort, sizeof(ushort));
                rule.Dispatch(PortMap(protocol));
            });
            table.Rule(Traffic, rule =>
            {
                Is(rule, protocol);
                rule.Original(ConnectionKey.DestinationPort);
                rule.Dispatch(TrafficMap(protocol));
            });
        }

        foreach (var isIPv4 in (ReadOnlySpan<bool>)[true, false])
        {
            table.Rule(Leaving, rule =>
            {
                rule.Meta(MetaKey.OutputInterface);
                rule.Compare(CompareOperation.NotEqual, Loopback);
                WasLedOn(rule);
                new FamilyStatement(isIPv4).Write(rule);
                var length = isIPv4 ? 4 : 16;
                rule.Payload(PayloadBase.Network, isIPv4 ? 16 : 24, length);
                rule.Meta(MetaKey.TransportProtocol, at: length);
                rule.Payload(PayloadBase.Transport, DestinationPort, sizeof(ushort), at: length + sizeof(uint));
                rule.Lookup(TargetSet(isIPv4), isNegated: false);
                rule.Masquerade();
            });
        }
    }

    // No other host can answer 127.0.0.1: programs of this host are seen with its address there, whatever is kept of others.
    private static void ReplaceLoopback(InetTableWriter table) => table.Rule(Leaving, static rule =>
    {
        rule.Meta(MetaKey.OutputInterface);
        rule.Compare(CompareOperation.NotEqual, Loopback);
        WasLedOn(rule);
        new FamilyStatement(IsIPv4: true).Write(rule);
        Address(rule, AddressPrefix.Of(InternetAddress.LoopbackIPv4, 8), isSource: true);
        rule.Masquerade();
    });

    private static void AddPort(
        InetTableWriter table, (TransportProtocol Protocol, PortNumber Port) port, KernelForward forward, int number)
    {
        IReadOnlyList<AddressPrefix?> sources = forward.Sources.Count == 0
            ? [null]
            : [.. forward.Sources.Where(s => forward.Serves(s.Address.IsIPv4)).Select(s => (AddressPrefix?)s)];
        foreach (var source in sources)
        {
            table.Rule(PortChain(port), rule =>
            {
                if (source is { } from)
                {
                    new FamilyStatement(from.Address.IsIPv4).Write(rule);
                    if (from.Length > 0)
                    {
                        Address(rule, from, isSource: true);
                    }
                }

                if (forward.Address is { } to)
                {
                    if (source is null)
                    {
                        new FamilyStatement(to.IsIPv4).Write(rule);
                    }

                    if (forward.OneAddress is { } one)
                    {
                        Address(rule, new AddressPrefix(one, one.BitCount), isSource: false);
                    }
                }

                rule.Goto(ChainOf(number));
            });
        }

        foreach (var (direction, counter) in ((ConnectionDirection, string)[])[
            (ConnectionDirection.Original, Up(number)), (ConnectionDirection.Reply, Down(number))])
        {
            table.Rule(TrafficChain(port), rule =>
            {
                if (forward.OneAddress is { } address)
                {
                    rule.Original(address.IsIPv4 ? ConnectionKey.DestinationIpv4 : ConnectionKey.DestinationIpv6);
                    rule.Compare(CompareOperation.Equal, KeyBytes.Of(address));
                }
                else if (forward.Address is { } all)
                {
                    new FamilyStatement(all.IsIPv4).Write(rule);
                }

                rule.Connection(ConnectionKey.Direction);
                rule.Compare(CompareOperation.Equal, [(byte)direction]);
                rule.Count(counter);
                rule.Verdict(VerdictKind.Return);
            });
        }
    }

    private static void Refuse(InetTableWriter table, KernelForward forward) => table.Rule(Refusing, rule =>
    {
        if (forward.Address is { } address)
        {
            new FamilyStatement(address.IsIPv4).Write(rule);
            if (forward.OneAddress is { } one)
            {
                Address(rule, new AddressPrefix(one, one.BitCount), isSource: false);
            }
        }

        Is(rule, forward.Protocol);
        rule.Payload(PayloadBase.Transport, DestinationPort, sizeof(ushort));
        rule.Compare(CompareOperation.Equal, KeyBytes.Of(forward.Port));
        rule.Connection(ConnectionKey.Status);
        rule.Mask(DestinationTranslated);
        rule.Compare(CompareOperation.Equal, 0);
        rule.RejectAsUnreachable();
    });

    private static void AddForward(InetTableWriter table, KernelForward forward, int number)
    {
        if (forward.NewPerSecond is { } rate)
        {
            LimitNew(table, forward, number, rate);
        }

        foreach (var isIPv4 in (ReadOnlySpan<bool>)[true, false])
        {
            var targets = forward.TargetsOf(isIPv4);
            if (targets.Count == 0)
            {
                continue;
            }

            var name = string.Create(CultureInfo.InvariantCulture, $"__map_{number}_{(isIPv4 ? 4 : 6)}_%d");
            var map = targets.Count == 1 ? 0 : table.AnonymousMap(
                name,
                SetKeyKind.PlainNumber,
                [isIPv4 ? SetKeyKind.Address4 : SetKeyKind.Address6, SetKeyKind.Port],
                targets.Select((t, i) => (KeyBytes.Of((uint)i), KeyBytes.Joined(KeyBytes.Of(t.Address), KeyBytes.Of(t.Port)))));
            table.Rule(ChainOf(number), rule =>
            {
                new FamilyStatement(isIPv4).Write(rule);
                if (!isIPv4 && targets.Any(t => !t.Address.IsLoopback))
                {
                    // The kernel has no way from ::1 to another host, and so a refusal is better than silence: clients then try IPv4.
                    rule.Payload(PayloadBase.Network, 24, 16);
                    rule.Compare(CompareOperation.NotEqual, KeyBytes.Of(InternetAddress.LoopbackIPv6));
                }

                rule.Count(Began(number));
                Is(rule, forward.Protocol);
                if (targets.Count == 1)
                {
                    rule.Redirect(targets[0].Address, targets[0].Port);
                    return;
                }

                rule.Turn((uint)targets.Count);
                rule.Map(name, map);
                rule.Redirect(isIPv4);
            });
        }
    }

    // Only the first packet of a connection comes here. One that is dropped is remembered nowhere: the client's TCP sends it again, and a
    // new client of datagrams is left out, as where no place is for one.
    private static void LimitNew(InetTableWriter table, KernelForward forward, int number, uint rate) => table.Rule(ChainOf(number), rule =>
    {
        var (takesIPv4, takesIPv6) = (forward.TargetsOf(true).Count > 0, forward.TargetsOf(false).Count > 0);
        if (takesIPv4 != takesIPv6)
        {
            new FamilyStatement(takesIPv4).Write(rule);
        }

        rule.LimitOver(rate, unitSeconds: 1, burst: Math.Max(1, rate / 10));
        rule.Counter(default);
        rule.Verdict(VerdictKind.Drop);
    });

    private static IEnumerable<(byte[] Key, string? Comment)> TargetKeys(IReadOnlyList<KernelForward> forwards, bool isIPv4) => forwards
        .Where(f => !f.KeepsSource)
        .SelectMany(f => f.TargetsOf(isIPv4).Select(t => (t.Address, f.Protocol, t.Port)))
        .Distinct()
        .Select(t => (TargetKey(t.Address, t.Protocol, t.Port), (string?)null));

    private static void Is(ExpressionWriter rule, TransportProtocol protocol)
    {
        rule.Meta(MetaKey.TransportProtocol);
        rule.Compare(CompareOperation.Equal, [(byte)protocol]);
    }

    private static void WasLedOn(ExpressionWriter rule)
    {
        rule.Connection(ConnectionKey.Status);
        rule.Mask(DestinationTranslated);
        rule.Compare(CompareOperation.NotEqual, 0);
    }

    private static void Address(ExpressionWriter rule, AddressPrefix prefix, bool isSource) =>
        new AddressStatement(
            prefix.Address.IsIPv4, isSource, new Interval(prefix.Address.Number, prefix.Last.Number), null)
        { IsFamilyKnown = true }.Write(
                rule);

    private static string Named(int number, string what) => string.Create(CultureInfo.InvariantCulture, $"{ChainOf(number)}_{what}");

    /// <summary>The number of the forward whose chain has this name; <c>null</c> when it is none.</summary>
    internal static int? NumberOf(string chain) => chain.StartsWith(ChainPrefix, StringComparison.Ordinal)
        && int.TryParse(chain.AsSpan(ChainPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>A target's key in its set.</summary>
    internal static byte[] TargetKey(InternetAddress address, TransportProtocol protocol, PortNumber port) =>
        KeyBytes.Joined(KeyBytes.Of(address), [(byte)protocol], KeyBytes.Of(port));

    private static string ChainOf(int number) => string.Create(CultureInfo.InvariantCulture, $"{ChainPrefix}{number}");

    private static string PortChain((TransportProtocol Protocol, PortNumber Port) port) => $"{port.Protocol.Name()}_{port.Port}";

    /// <summary>The chain that counts what comes for a port.</summary>
    internal static string TrafficChain((TransportProtocol Protocol, PortNumber Port) port) => $"traffic_{PortChain(port)}";

    /// <summary>The map from ports to their chains.</summary>
    internal static string PortMap(TransportProtocol protocol) => $"{protocol.Name()}_ports";

    private static string TrafficMap(TransportProtocol protocol) => $"{protocol.Name()}_traffic";

    /// <summary>The set of targets that see this host's address.</summary>
    internal static string TargetSet(bool isIPv4) => isIPv4 ? "targets4" : "targets6";
}
