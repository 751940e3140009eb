using System.Runtime.InteropServices;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport.Demultiplexing;

namespace Portolan.Transport.Ports;

/// <summary>
/// Who holds which port: bound sockets, listeners and every end of a connection, by protocol, address, interface, port and peer. It decides
/// whether a bind, a listen or a connection may have a port, and when not it names the holder in the way and the rule. Connections whose
/// pairs another program keeps cost nothing here: one holder stands for all of them at one local end.
/// </summary>
/// <remarks>
/// One thread at a time. The rules are an operating system's: <see cref="LinuxBindRules"/> or <see cref="BsdBindRules"/>.
/// </remarks>
internal sealed class PortTable
{
    private readonly IBindRules _rules;
    private readonly EphemeralPorts _ephemeral;
    private readonly Dictionary<uint, List<PortShare>> _ports = [];
    private readonly Stack<List<PortShare>> _unusedLists = new();
    private readonly Stack<PortShare> _unusedShares = new();
    private readonly List<PortHolder?> _standing = [];
    private readonly Stack<int> _freeStanding = new();
    private readonly FlowTable<PairKey, PortHolder> _pairs;
    private long _order = 1;

    /// <summary>Makes an empty table.</summary>
    /// <param name="rules">Who may share a port.</param>
    /// <param name="range">The ports that may be chosen.</param>
    /// <param name="seed">A secret: it decides the order in which ports are chosen.</param>
    public PortTable(IBindRules rules, EphemeralRange range, ulong seed)
    {
        _rules = rules;
        _ephemeral = new EphemeralPorts(range, seed);
        _pairs = new FlowTable<PairKey, PortHolder>(SipHash.FromSeed(~seed));
    }

    /// <summary>Who keeps the pairs of TCP.</summary>
    internal IPairKeeper? Keeper { get; set; }

    /// <summary>How many holders.</summary>
    public int Count { get; private set; }

    /// <summary>How many ends of connections, those that rest in TIME-WAIT not among them.</summary>
    public int PairCount { get; private set; }

    /// <summary>Holders of one pair each, or that stand for all pairs of one local end; those of pairs that rest not among them.</summary>
    internal int PairHolderCount { get; private set; }

    /// <summary>Holders that stand for pairs that rest.</summary>
    internal int StandingCount => _standing.Count - _freeStanding.Count;

    /// <summary>Binds a port, or chooses one when it is 0.</summary>
    public BindResult Bind(in PortBinding binding)
    {
        if (binding.Port.Value != 0)
        {
            var (rule, conflict) = Judge(binding, PortUse.Bound, self: null, isChosen: false);
            return rule == BindRule.None
                ? new BindResult(Add(binding, PortUse.Bound, InternetAddress.AnyIPv6, PortNumber.Zero, isExplicit: true), BindRule.None)
                : new BindResult(null, rule, conflict);
        }

        var search = _ephemeral.BeginAnywhere(binding.Protocol);
        while (search.TryNext(out var port))
        {
            var chosen = binding with { Port = port };
            if (Judge(chosen, PortUse.Bound, self: null, isChosen: true).Rule == BindRule.None)
            {
                return new BindResult(
                    Add(chosen, PortUse.Bound, InternetAddress.AnyIPv6, PortNumber.Zero, isExplicit: true), BindRule.None,
                    Tried: search.Tried);
            }
        }

        return new BindResult(null, BindRule.Exhausted, Tried: search.Tried);
    }

    /// <summary>What <see cref="Bind"/> would say of a port, without binding it.</summary>
    /// <param name="binding">The port is not 0.</param>
    /// <param name="isChosen">Whether the port would be one that the table chooses.</param>
    public BindResult Forecast(in PortBinding binding, bool isChosen = false)
    {
        var (rule, conflict) = Judge(binding, PortUse.Bound, self: null, isChosen);
        return new BindResult(null, rule, conflict);
    }

    /// <summary>Makes a bound holder listen; it may fail, for a listener shares less than a bound socket. Nothing changes then.</summary>
    public BindResult Listen(PortHolder holder)
    {
        CheckHeld(holder);
        var (rule, conflict) = Judge(holder.Binding, PortUse.Listening, holder, isChosen: false);
        if (rule != BindRule.None)
        {
            return new BindResult(null, rule, conflict);
        }

        ChangeUse(holder, PortUse.Listening);
        return new BindResult(holder, BindRule.None);
    }

    /// <summary>
    /// Takes a port for a connection that named none: one that no bound socket holds on this address, and that makes a new socket pair.
    /// </summary>
    /// <param name="binding">Protocol, address (never a wildcard), interface, options and owner; the port does not count.</param>
    /// <param name="remote">The peer's address.</param>
    /// <param name="remotePort">The peer's port.</param>
    /// <param name="zone">The interface it leaves by; it counts only for link-local addresses.</param>
    public BindResult Connect(in PortBinding binding, InternetAddress remote, PortNumber remotePort, int zone)
    {
        var search = _ephemeral.Begin(binding.Address, remote, remotePort);
        while (search.TryNext(out var port))
        {
            var chosen = binding with { Port = port };
            if (IsBoundByName(chosen) || !TryClear(chosen, remote, remotePort, zone))
            {
                continue;
            }

            search.Take();
            return new BindResult(AddPair(chosen, remote, remotePort, isExplicit: false), BindRule.None, Tried: search.Tried);
        }

        return new BindResult(null, BindRule.Exhausted, Tried: search.Tried);
    }

    /// <summary>Turns a bound holder, or one end of a connection that is given up for it, into one end of a connection.</summary>
    /// <param name="holder">The holder; it keeps its port.</param>
    /// <param name="local">The address it now has, where it had a wildcard.</param>
    /// <param name="remote">The peer's address.</param>
    /// <param name="remotePort">The peer's port.</param>
    /// <param name="zone">As for <see cref="Connect"/>.</param>
    public BindResult ConnectBound(PortHolder holder, InternetAddress local, InternetAddress remote, PortNumber remotePort, int zone)
    {
        CheckHeld(holder);
        var binding = holder.Binding with { Address = local };
        if (!TryClear(binding, remote, remotePort, zone))
        {
            return new BindResult(null, BindRule.PairExists, EndOf(binding, remote, remotePort));
        }

        Detach(holder);
        holder.Binding = binding;
        holder.Use = PortUse.Connected;
        holder.Remote = remote;
        holder.RemotePort = remotePort;
        holder.PairCount = 1;
        Attach(holder);
        return new BindResult(holder, BindRule.None);
    }

    /// <summary>
    /// Turns one end of a connection back into a bound holder. Nobody is asked, as with Linux (<c>__udp_disconnect</c>): who has bound
    /// beside it meanwhile keeps the port too.
    /// </summary>
    /// <param name="holder">The end of a connection; it keeps its port.</param>
    /// <param name="address">The address it had before.</param>
    public void Disconnect(PortHolder holder, InternetAddress address)
    {
        CheckHeld(holder);
        Detach(holder);
        holder.Binding = holder.Binding with { Address = address };
        holder.Use = PortUse.Bound;
        holder.PairCount = 0;
        (holder.Remote, holder.RemotePort) = (InternetAddress.AnyIPv6, PortNumber.Zero);
        Attach(holder);
    }

    /// <summary>Adds the end of a connection that a listener took: it shares the listener's port and options.</summary>
    /// <param name="listener">The listener.</param>
    /// <param name="local">The address the peer asked for.</param>
    /// <param name="remote">The peer's address.</param>
    /// <param name="remotePort">The peer's port.</param>
    /// <param name="zone">The interface it arrived on; it counts only for link-local addresses.</param>
    public BindResult Accept(PortHolder listener, InternetAddress local, InternetAddress remote, PortNumber remotePort, int zone)
    {
        CheckHeld(listener);
        var binding = listener.Binding with { Address = local };
        return TryClear(binding, remote, remotePort, zone)
            ? new BindResult(AddPair(binding, remote, remotePort, isExplicit: true), BindRule.None)
            : new BindResult(null, BindRule.PairExists, EndOf(binding, remote, remotePort));
    }

    /// <summary>Adds the end of a connection to a port that nobody has bound: its listener hears every port.</summary>
    /// <param name="binding">The local end, with its port.</param>
    /// <param name="remote">The peer's address.</param>
    /// <param name="remotePort">The peer's port.</param>
    /// <param name="zone">As for <see cref="Accept"/>.</param>
    public BindResult AcceptAny(in PortBinding binding, InternetAddress remote, PortNumber remotePort, int zone) =>
        TryClear(binding, remote, remotePort, zone)
        ? new BindResult(AddPair(binding, remote, remotePort, isExplicit: false), BindRule.None)
        : new BindResult(null, BindRule.PairExists, EndOf(binding, remote, remotePort));

    /// <summary>Says that a connection is over.</summary>
    /// <param name="holder">Its holder, from <see cref="Connect"/>, <see cref="ConnectBound"/> or <see cref="Accept"/>.</param>
    /// <param name="remote">The peer's address.</param>
    /// <param name="remotePort">The peer's port.</param>
    public void EndPair(PortHolder holder, InternetAddress remote, PortNumber remotePort)
    {
        if (holder.PairCount > 1)
        {
            CheckHeld(holder);
            PairCount--;
            holder.LeavePair(remote, remotePort);
        }
        else
        {
            Release(holder);
        }
    }

    /// <summary>
    /// Says that a connection is over and its pair must rest, which the <see cref="Keeper"/> sees to. One holder stands for all pairs that
    /// rest at one local end, so that a pair costs nothing here; its number is returned, and <see cref="EndRest"/> is called with it once
    /// for each.
    /// </summary>
    /// <param name="holder">As for <see cref="EndPair"/>.</param>
    /// <param name="remote">The peer's address.</param>
    /// <param name="remotePort">The peer's port.</param>
    internal int Rest(PortHolder holder, InternetAddress remote, PortNumber remotePort)
    {
        CheckHeld(holder);
        var (binding, isExplicit) = (holder.Binding, holder.IsExplicit);
        if (FindShare(binding, PortUse.TimeWait, isExplicit)?.Standing is { } standing)
        {
            EndPair(holder, remote, remotePort);
            standing.JoinPair(remote, remotePort);
            return standing.StandingNumber;
        }

        PortHolder rest;
        if (holder.PairCount > 1)
        {
            EndPair(holder, remote, remotePort);
            rest = Add(binding, PortUse.TimeWait, remote, remotePort, isExplicit);
        }
        else
        {
            rest = holder;
            (rest.Remote, rest.RemotePort) = (remote, remotePort);
            ChangeUse(rest, PortUse.TimeWait);
        }

        if (!_freeStanding.TryPop(out var number))
        {
            number = _standing.Count;
            _standing.Add(null);
        }

        _standing[number] = rest;
        rest.StandingNumber = number;
        return number;
    }

    /// <summary>Says that a pair rests no more.</summary>
    /// <param name="number">From <see cref="Rest"/>.</param>
    /// <param name="remote">The peer's address.</param>
    /// <param name="remotePort">The peer's port.</param>
    internal void EndRest(int number, InternetAddress remote, PortNumber remotePort)
    {
        var standing = _standing[number] ?? throw new InvalidOperationException($"no entry holds resting pairs as number {number}");
        if (standing.PairCount > 1)
        {
            standing.LeavePair(remote, remotePort);
            return;
        }

        _standing[number] = null;
        _freeStanding.Push(number);
        Release(standing);
    }

    /// <summary>Gives a port back.</summary>
    /// <exception cref="InvalidOperationException">It was given back before: a defect of the caller.</exception>
    public void Release(PortHolder holder)
    {
        CheckHeld(holder);
        Detach(holder);
        holder.IsReleased = true;
        Count--;
    }

    /// <summary>Everyone who holds a port, in no order.</summary>
    public IEnumerable<PortHolder> HoldersOf(TransportProtocol protocol, PortNumber port)
    {
        foreach (var share in _ports.GetValueOrDefault(KeyOf(protocol, port)) ?? [])
        {
            for (var holder = share.Newest; holder is not null; holder = holder.Older)
            {
                yield return holder;
            }
        }
    }

    /// <summary>All holders, in no order. The table must not change meanwhile.</summary>
    internal IEnumerable<PortHolder> All()
    {
        foreach (var shares in _ports.Values)
        {
            foreach (var share in shares)
            {
                for (var holder = share.Newest; holder is not null; holder = holder.Older)
                {
                    yield return holder;
                }
            }
        }
    }

    private static uint KeyOf(TransportProtocol protocol, PortNumber port) => ((uint)protocol << 16) | port.Value;

    private static PairKey PairOf(in PortBinding binding, InternetAddress remote, PortNumber remotePort) =>
        new(binding.Protocol, binding.Address, binding.Port, remote, remotePort, binding.Interface);

    private static void CheckHeld(PortHolder holder)
    {
        if (holder.IsReleased)
        {
            throw new InvalidOperationException($"{holder}: this port was given back");
        }
    }

    private (BindRule Rule, PortHolder? Conflict) Judge(in PortBinding request, PortUse use, PortHolder? self, bool isChosen)
    {
        if (!_ports.TryGetValue(KeyOf(request.Protocol, request.Port), out var shares))
        {
            return (BindRule.None, null);
        }

        var rule = BindRule.None;
        PortHolder? conflict = null;
        var (stopped, settled) = (long.MaxValue, long.MaxValue);
        foreach (var share in shares)
        {
            var isLast = _rules.IsMetLast(share.Binding);
            var holder = isLast ? share.Oldest : share.Newest;
            holder = holder is not null && holder == self ? (isLast ? holder.Newer : holder.Older) : holder;
            if (holder is null || !share.Binding.Overlaps(request))
            {
                continue;
            }

            var found = _rules.Judge(request, use, share.Binding, share.Use, isChosen, out var settles);

            // The place at which a search meets the holder: the newest first, then those that are met last, from the oldest on.
            var place = isLast ? holder.Order : -holder.Order;
            settled = settles ? Math.Min(settled, place) : settled;
            if (found != BindRule.None && place < stopped)
            {
                (rule, conflict, stopped) = (found, holder, place);
            }
        }

        // Where a holder settles the matter, those that would be met after it do not count.
        return conflict is null || settled < stopped ? (BindRule.None, null) : (rule, conflict);
    }

    private bool IsBoundByName(in PortBinding binding)
    {
        if (!_ports.TryGetValue(KeyOf(binding.Protocol, binding.Port), out var shares))
        {
            return false;
        }

        foreach (var share in shares)
        {
            if (share.IsExplicit && share.Binding.Overlaps(binding))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsKept(TransportProtocol protocol) => protocol == TransportProtocol.Tcp && Keeper is not null;

    /// <summary>Whether a pair is free, or may be made so.</summary>
    private bool TryClear(in PortBinding binding, InternetAddress remote, PortNumber remotePort, int zone) => IsKept(binding.Protocol)
        ? Keeper!.TryClear(binding.Address, binding.Port, remote, remotePort, zone)
        : !_pairs.TryFind(PairOf(binding, remote, remotePort), out _);

    /// <summary>Who has a pair, or stands for those who do.</summary>
    private PortHolder? EndOf(PortBinding binding, InternetAddress remote, PortNumber remotePort)
    {
        var ends = HoldersOf(binding.Protocol, binding.Port)
            .Where(h => h.Use is PortUse.Connected or PortUse.TimeWait && h.Binding.Address == binding.Address).ToList();
        return ends.Find(h => h.Remote == remote && h.RemotePort == remotePort) ?? ends.FirstOrDefault();
    }

    /// <summary>One more end of a connection: with its own holder, or at the one that stands for all whose pairs are kept.</summary>
    private PortHolder AddPair(in PortBinding binding, InternetAddress remote, PortNumber remotePort, bool isExplicit)
    {
        if (IsKept(binding.Protocol) && FindShare(binding, PortUse.Connected, isExplicit)?.Standing is { } standing)
        {
            PairCount++;
            standing.JoinPair(remote, remotePort);
            return standing;
        }

        return Add(binding, PortUse.Connected, remote, remotePort, isExplicit);
    }

    private PortHolder Add(in PortBinding binding, PortUse use, InternetAddress remote, PortNumber remotePort, bool isExplicit)
    {
        var holder = new PortHolder(
            binding, use, remote, remotePort, isExplicit, _order++)
        { PairCount = use is PortUse.Connected or PortUse.TimeWait ? 1 : 0 };
        Attach(holder);
        Count++;
        return holder;
    }

    private void ChangeUse(PortHolder holder, PortUse use)
    {
        if (holder.Share is { Count: 1 } alone && FindShare(holder.Binding, use, holder.IsExplicit) is null)
        {
            // Nobody stays where it was and nobody is where it goes to, so its share goes with it: that of nearly all connections that
            // begin here.
            LeavePairs(holder);
            holder.Use = use;
            alone.Begin(holder.Binding, use, holder.IsExplicit);
            alone.Standing = MayStand(holder) ? holder : null;
            JoinPairs(holder);
            return;
        }

        Detach(holder);
        holder.Use = use;
        Attach(holder);
    }

    private void Attach(PortHolder holder)
    {
        ref var shares = ref CollectionsMarshal.GetValueRefOrAddDefault(_ports, KeyOf(holder.Binding.Protocol, holder.Binding.Port), out _);
        shares ??= _unusedLists.TryPop(out var list) ? list : [];
        var share = FindShare(shares, holder.Binding, holder.Use, holder.IsExplicit);
        if (share is null)
        {
            share = _unusedShares.TryPop(out var unused) ? unused : new PortShare();
            share.Begin(holder.Binding, holder.Use, holder.IsExplicit);
            shares.Add(share);
        }

        share.Add(holder);
        if (MayStand(holder))
        {
            share.Standing ??= holder;
        }

        JoinPairs(holder);
    }

    /// <summary>Whether it may stand for all pairs of its end.</summary>
    private bool MayStand(PortHolder holder) =>
        holder.Use == PortUse.TimeWait || (holder.Use == PortUse.Connected && IsKept(holder.Binding.Protocol));

    private void JoinPairs(PortHolder holder)
    {
        if (holder.Use != PortUse.Connected)
        {
            return;
        }

        PairCount++;
        PairHolderCount++;
        if (!IsKept(holder.Binding.Protocol)
            && _pairs.TryAdd(PairOf(holder.Binding, holder.Remote, holder.RemotePort), holder) != FlowAddition.Added)
        {
            throw new InvalidOperationException($"{holder}: the pair is there twice");
        }
    }

    private void LeavePairs(PortHolder holder)
    {
        if (holder.Use != PortUse.Connected)
        {
            return;
        }

        PairCount--;
        PairHolderCount--;
        if (!IsKept(holder.Binding.Protocol))
        {
            _pairs.TryRemove(PairOf(holder.Binding, holder.Remote, holder.RemotePort), out _);
        }
    }

    private PortShare? FindShare(in PortBinding binding, PortUse use, bool isExplicit) =>
        _ports.TryGetValue(KeyOf(binding.Protocol, binding.Port), out var shares) ? FindShare(shares, binding, use, isExplicit) : null;

    private static PortShare? FindShare(List<PortShare> shares, in PortBinding binding, PortUse use, bool isExplicit)
    {
        foreach (var candidate in shares)
        {
            if (candidate.Fits(binding, use, isExplicit))
            {
                return candidate;
            }
        }

        return null;
    }

    private void Detach(PortHolder holder)
    {
        LeavePairs(holder);
        var share = holder.Share!;
        share.Remove(holder);
        if (share.Count > 0)
        {
            return;
        }

        var key = KeyOf(holder.Binding.Protocol, holder.Binding.Port);
        var shares = _ports[key];
        shares.Remove(share);
        _unusedShares.Push(share);
        if (shares.Count == 0)
        {
            _ports.Remove(key);
            _unusedLists.Push(shares);
        }
    }
}

/// <summary>
/// Who keeps the pairs of a protocol's connections, those that rest in TIME-WAIT too, smaller than a <see cref="PortHolder"/> each.
/// </summary>
internal interface IPairKeeper
{
    /// <summary>Whether no connection has a pair: it is free, or it rests and may be taken over now; it rests no more then.</summary>
    /// <param name="local">This end's address.</param>
    /// <param name="localPort">This end's port.</param>
    /// <param name="remote">The peer's address.</param>
    /// <param name="remotePort">The peer's port.</param>
    /// <param name="zone">The interface; it counts only for link-local addresses.</param>
    bool TryClear(InternetAddress local, PortNumber localPort, InternetAddress remote, PortNumber remotePort, int zone);
}
